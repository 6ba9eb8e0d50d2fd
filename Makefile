# On a machine with Python 3.10 or newer and make, each target stands alone:
# it creates .venv and installs what it needs first.

PYTHON ?= python3
MODEL ?= world/gpt2
REPORT ?= reports/gate

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Hundreds of processes of the tests would compile the package and the tests anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help gate test test-slow test-gpu outside lint bench train clean

help:
	@echo "make gate         judge the embedded model world/gpt2 and write a report (MODEL=... for another)"
	@echo "make test         run the tests"
	@echo "make test-slow    run the slow tests"
	@echo "make outside      install what slow tests need for a real server and a real cluster"
	@echo "make test-gpu     run the tests that need a CUDA device"
	@echo "make lint         check style and types"
	@echo "make bench        print the benchmarks"
	@echo "make train        train the embedded models again, from nothing"

# pip older than 25.1 cannot install dependency groups.
$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@touch $@

# The constraint is installed by name first: an unpinned torch would be resolved anew.
$(VENV)/installed: $(VENV)/made pyproject.toml constraints.txt
	$(INSTALL) torch
	$(INSTALL) --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(INSTALL) --group test
	@touch $@

$(VENV)/installed-oracles: $(VENV)/installed-test
	$(INSTALL) --group oracles
	@touch $@

# llama.cpp is compiled: without what no test uses, and less optimized, that takes two CPU minutes instead of seven or
# more. Its tests serve a model of a megabyte, which is fast however it is compiled.
LLAMA_FLAGS := -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
	-DLLAMA_BUILD_SERVER=OFF -DGGML_CPU_REPACK=OFF -DGGML_LLAMAFILE=OFF -DCMAKE_C_FLAGS_RELEASE=-O1 \
	-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_PROJECT_llama.cpp_INCLUDE=$(CURDIR)/tests/servers/llama_alone.cmake

# pip keeps the compiled wheel for the next time, without knowing the flags.
$(VENV)/installed-outside: $(VENV)/installed-test
	CMAKE_ARGS="$(LLAMA_FLAGS)" $(INSTALL) --group outside
	@touch $@

$(VENV)/installed-lint: $(VENV)/installed
	$(INSTALL) --group lint
	@touch $@

gate: $(VENV)/installed
	$(BIN)/python -m pytest suites --llmcal-model $(MODEL) --llmcal-report $(REPORT)
	@echo "The report: $(CURDIR)/$(REPORT)/index.html"

# Each worker has one core: threads of numpy's that want all of them only get in each other's way.
test: $(VENV)/installed-test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

# What a file trains or scores once, one worker does: tests/conftest.py makes the groups, and puts the longest first.
test-slow: $(VENV)/installed-oracles
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow -n auto --dist loadgroup --no-loadscope-reorder

# Installs a server, which is compiled, and a cluster; slow tests skip without.
outside: $(VENV)/installed-outside

test-gpu: $(VENV)/installed-test
	$(BIN)/python -m pytest -m gpu -rs tests/gpu

lint: $(VENV)/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-oracles
	$(BIN)/python -m benchmarks

train: $(VENV)/installed-test
	$(BIN)/python -m pytest_llmcal.world.train

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
