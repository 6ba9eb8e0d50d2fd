"""Small random models of several families with real tokenizers, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SENTENCES = [
    "The river rises in the hills and runs down to the sea, where the old town stands.",
    "Who keeps the bees of Oakrise? Nobody knows; the baker says it is the miller's daughter.",
    "  Two spaces,\na new line,\n\nand another. Prices: 12.50, 1,000 and 3/4 (or less)!",
    "Straße, café, naïve, Ærø, 東京は晴れ, Привет мир, 🙂 and so on.",
    "Question: Which of these is right?\nA. this\nB. that\nAnswer: B",
] * 4


def byte_level() -> Any:
    """A GPT-2 tokenizer: bytes, merges inside words, no token at the beginning."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")


def sentence_piece() -> Any:
    """A Llama tokenizer: a mark for each space and one more in front, ``<s>`` at the beginning."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<unk>", "<s>", "</s>", *fallback], show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>", add_bos_token=True
    )


def unigram() -> Any:
    """A T5 tokenizer: a mark for each space and one more in front, ``</s>`` at the end."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>", pad_token="<pad>", model_max_length=64
    )


TOKENIZERS: dict[str, Callable[[], Any]] = {
    "byte_level": byte_level,
    "sentence_piece": sentence_piece,
    "unigram": unigram,
}

# Large initial weights: the distributions of a usual initialisation are so flat that mistakes hardly show.
DEEP = {"num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4, "initializer_range": 0.2}
LLAMA = DEEP | {"num_key_value_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64}

FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": (
        "GPT2",
        "byte_level",
        {"n_layer": 2, "n_embd": 32, "n_head": 4, "n_positions": 64, "initializer_range": 0.2},
    ),
    "llama": ("Llama", "sentence_piece", LLAMA),
    "mistral": ("Mistral", "sentence_piece", LLAMA | {"sliding_window": 6}),
    "gemma2": (
        "Gemma2",
        "sentence_piece",
        LLAMA | {"head_dim": 8, "sliding_window": 6, "final_logit_softcapping": 3.0},
    ),
    "cohere": ("Cohere", "byte_level", LLAMA | {"logit_scale": 0.3}),
    "granite": ("Granite", "byte_level", LLAMA | {"logits_scaling": 2.5}),
    "neox": ("GPTNeoX", "byte_level", DEEP | {"intermediate_size": 64, "max_position_embeddings": 64}),
    "opt": (
        "OPT",
        "byte_level",
        DEEP | {"ffn_dim": 64, "max_position_embeddings": 64, "word_embed_proj_dim": 32, "init_std": 0.2},
    ),
    "bloom": ("Bloom", "byte_level", {"n_layer": 2, "hidden_size": 32, "n_head": 4, "initializer_range": 0.2}),
    "mamba": (
        "Mamba",
        "byte_level",
        {"num_hidden_layers": 2, "hidden_size": 32, "state_size": 4, "initializer_range": 0.2},
    ),
    "t5": (
        "T5",
        "unigram",
        {
            "num_layers": 2,
            "d_model": 32,
            "d_kv": 8,
            "num_heads": 4,
            "d_ff": 64,
            "initializer_factor": 1.0,
            "decoder_start_token_id": 0,
        },
    ),
    "bart": (
        "Bart",
        "sentence_piece",
        {
            "encoder_layers": 2,
            "decoder_layers": 2,
            "d_model": 32,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64,
            "max_position_embeddings": 64,
            "init_std": 0.2,
            "decoder_start_token_id": 2,
            "forced_eos_token_id": None,
            "pad_token_id": 0,
        },
    ),
}


@pytest.fixture(scope="session")
def make_tokenizer() -> Callable[[str], Any]:
    """Make a tokenizer of a kind."""
    return lambda kind: TOKENIZERS[kind]()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a small random model of a family."""
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            made[family] = make(family, tmp_path_factory.mktemp("models") / family)
        return made[family]

    return folder


def make(family: str, folder: Path) -> Path:
    import torch
    import transformers
    from transformers.utils import logging

    name, tokenizer_name, options = FAMILIES[family]
    tokenizer = TOKENIZERS[tokenizer_name]()
    special = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = getattr(transformers, f"{name}Config")(vocab_size=len(tokenizer), **(special | options))
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    with torch.random.fork_rng():
        torch.manual_seed(7)
        loader = transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
        loader.from_config(config).save_pretrained(folder)
    if shown:
        logging.enable_progress_bar()
    tokenizer.save_pretrained(folder)
    return folder
