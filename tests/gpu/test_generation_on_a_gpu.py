"""A model writes on a GPU what it writes on the CPU."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmcal import load_model, load_task, scoring

pytestmark = pytest.mark.gpu


def test_greedy_texts_and_their_log_probabilities_are_those_of_the_cpu(cuda: str) -> None:
    options: Any = getattr(scoring, "GenerationOptions", None)
    if options is None:
        pytest.skip("models do not generate yet")
    prompts = [(item.id, item.prompt) for item in load_task("world/qa", limit=40).test]  # type: ignore[union-attr]
    here: Any = load_model("world/gpt2", device=cuda, dtype="float32")
    there: Any = load_model("world/gpt2", device="cpu", dtype="float32")
    asked = options(max_tokens=12, temperature=0.0)
    for [ours], [theirs] in zip(here.generate(prompts, asked), there.generate(prompts, asked), strict=True):
        assert ours.text == theirs.text
        assert ours.finish_reason == theirs.finish_reason
        assert ours.log_probabilities == pytest.approx(theirs.log_probabilities, abs=1e-4)
