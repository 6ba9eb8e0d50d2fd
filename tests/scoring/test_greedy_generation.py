"""Greedy texts are those of transformers' generate, for one prompt at a time, and have the model's own probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.scoring import Generation, GenerationOptions, Request, load_model

DECODERS = ["gpt2", "llama", "mistral", "gemma2", "neox", "opt", "bloom", "mamba"]
FAMILIES = [*DECODERS, "t5", "bart"]

PROMPTS = [
    ("river", "Question: Which river rises in the hills?\nAnswer:"),
    ("bees", "Who keeps the bees of Oakrise?"),
    ("prices", "Prices: "),
    ("tokyo", "東京は"),
    ("one", "B"),
]
STEPS = 16


@cache
def stock(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    from pytest_llmcal.scoring.loading import _silence

    loader: Any = (
        AutoModelForSeq2SeqLM if AutoConfig.from_pretrained(folder).is_encoder_decoder else AutoModelForCausalLM
    )
    with _silence():
        return loader.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def by_transformers(folder: Path, text: str, max_tokens: int) -> list[int]:
    """Tokens that ``generate`` writes after one prompt, alone in its batch."""
    import torch

    model, tokenizer = stock(folder)
    ids = tokenizer(text, return_tensors="pt").input_ids
    written = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=max_tokens,
        do_sample=False,
        pad_token_id=0 if tokenizer.pad_token_id is None else tokenizer.pad_token_id,
    )
    return written[0, 1 if model.config.is_encoder_decoder else ids.shape[1] :].tolist()


def greedy(model: Any, prompts: Sequence[tuple[str, str]], **options: Any) -> list[Generation]:
    return [only for [only] in model.generate(prompts, GenerationOptions(**({"max_tokens": STEPS} | options)))]


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_those_of_transformers(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    found = greedy(load_model(folder, device="cpu"), PROMPTS)
    assert [list(each.tokens) for each in found] == [by_transformers(folder, text, STEPS) for _, text in PROMPTS]
