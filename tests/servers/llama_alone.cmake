# llama.cpp alone, without the library of its own programs, which is most of what there is to compile.
set(LLAMA_BUILD_COMMON OFF)
