"""A real language model writes what transformers writes, token by token, with the probabilities of its own forward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from plain import PlainModel

from pytest_llmcal.scoring import GenerationOptions, load_model

pytestmark = pytest.mark.slow

OPENINGS = [
    "Once upon a time, there was a little girl",
    "Tom and Sam went to the park.",
    "The cat",
    "One day, a big dog saw",
]


@pytest.fixture(scope="module")
def plain(shared: Path) -> PlainModel:
    return PlainModel(shared / "models" / "stories260K")


@pytest.fixture(scope="module")
def model(shared: Path) -> Any:
    return load_model(shared / "models" / "stories260K", device="cpu")


PROMPTS = [(f"story {place}", text) for place, text in enumerate(OPENINGS)]


def test_greedy_stories_are_those_of_transformers(model: Any, plain: PlainModel) -> None:
    found = model.generate(PROMPTS, GenerationOptions(max_tokens=120))
    for (_, text), [story] in zip(PROMPTS, found, strict=True):
        ids = plain.tokenizer(text, return_tensors="pt").input_ids
        written = plain.model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=120, do_sample=False)
        assert list(story.tokens) == written[0, ids.shape[1] :].tolist()
        assert text + story.text == plain.tokenizer.decode(written[0], skip_special_tokens=True)


def test_drawn_stories_have_the_probabilities_of_a_plain_forward(model: Any, plain: PlainModel) -> None:
    options = GenerationOptions(max_tokens=60, temperature=0.8, samples=5)
    for (_, text), stories in zip(PROMPTS, model.generate(PROMPTS, options), strict=True):
        prompt = plain.tokenizer(text).input_ids
        assert len({story.text for story in stories}) == 5
        for story in stories:
            with torch.inference_mode():
                logits = plain.model(torch.tensor([prompt + list(story.tokens)])).logits[0, len(prompt) - 1 : -1]
            expected = logits.double().log_softmax(-1).gather(1, torch.tensor(story.tokens)[:, None])[:, 0]
            assert story.log_probabilities == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_sentence_ends_at_its_full_stop(model: Any) -> None:
    for [story] in model.generate(PROMPTS, GenerationOptions(max_tokens=120, stop=".")):
        assert story.finish_reason == "stop"
        assert "." not in story.text
        assert story.text.startswith(" ")
