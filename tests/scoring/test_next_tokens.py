"""Every next token of a running text is guessed once, by what precedes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import ModelError, NextToken, load_model

TEXTS = [
    ("short", "The river rises."),
    ("accents", "Straße, café, naïve 🙂"),
    ("fits", "Who keeps the bees of Oakrise? Nobody knows; the baker says it is the miller's daughter."),
    ("long", "The river rises in the hills and runs down to the sea, where the old town stands. " * 6),
]


def one_at_a_time(folder: Path, text: str, begin: bool) -> list[NextToken]:
    """One forward for each token, over at most 64 tokens before it and the begin token."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pytest_llmcal.scoring.loading import _silence

    with _silence():
        model, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer(text).input_ids
    guesses = []
    with torch.no_grad():
        for place in range(1, len(tokens)):
            assert len(tokens[:place]) <= 64
            probabilities = model(torch.tensor([tokens[:place]])).logits[0, -1].double().softmax(-1)
            guess = int(probabilities.argmax())
            guesses.append(NextToken(float(probabilities[guess]), guess == tokens[place]))
    assert (tokens[0] == tokenizer.bos_token_id) == begin
    return guesses


def same(found: list[NextToken], expected: list[NextToken]) -> None:
    assert [each.correct for each in found] == [each.correct for each in expected]
    np.testing.assert_allclose([each.confidence for each in found], [each.confidence for each in expected], atol=1e-5)


@pytest.mark.parametrize(("family", "begin"), [("gpt2", False), ("llama", True)])
def test_guesses_are_those_of_one_token_at_a_time(
    family: str, begin: bool, model_folder: Callable[[str], Path]
) -> None:
    folder = model_folder(family)
    answers = load_model(folder, device="cpu").next_tokens(TEXTS[:3])
    for (_, text), found in zip(TEXTS[:3], answers, strict=True):
        same(list(found), one_at_a_time(folder, text, begin))


def test_a_long_text_is_guessed_whole(model_folder: Callable[[str], Path]) -> None:
    from transformers import AutoTokenizer

    folder = model_folder("llama")
    [found] = load_model(folder, device="cpu").next_tokens([TEXTS[3]])
    tokens = AutoTokenizer.from_pretrained(folder)(TEXTS[3][1]).input_ids
    assert len(found) == len(tokens) - 1 > 64


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_guesses_do_not_depend_on_batches_or_order(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    expected = dict(zip(TEXTS, load_model(folder, device="cpu").next_tokens(TEXTS), strict=True))

    @settings(max_examples=10, deadline=None)
    @given(texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6), batch_tokens=st.integers(1, 400))
    def holds(texts: list[tuple[str, str]], batch_tokens: int) -> None:
        found = load_model(folder, device="cpu", batch_tokens=batch_tokens).next_tokens(texts)
        for text, guesses in zip(texts, found, strict=True):
            same(list(guesses), list(expected[text]))

    holds()


def test_a_text_with_nothing_to_guess_is_an_error(model_folder: Callable[[str], Path]) -> None:
    with pytest.raises(ModelError, match="text 'one': of its 1 tokens none can be guessed from an earlier one"):
        load_model(model_folder("gpt2"), device="cpu").next_tokens([("one", "a")])
    [found] = load_model(model_folder("llama"), device="cpu").next_tokens([("one", "a")])
    assert [guess.correct for guess in found] == [False, False]  # a mark for the space, and the letter


SHARED = Path(__file__).parents[3] / "shared"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared model and text are not here")
def test_a_published_next_token_calibration_is_found_again() -> None:
    from pytest_llmcal import load_task
    from pytest_llmcal.scoring import score

    task = load_task(SHARED / "data" / "tasks" / "tinystories_sample.txt", calibration=None)
    scores = score(load_model(SHARED / "models" / "stories260K", device="cpu"), task)
    assert len(scores) == 1804
    assert float(scores.accuracy()) == pytest.approx(0.651, abs=0.0005)
    assert float(scores.confidence.mean()) == pytest.approx(0.654, abs=0.0005)
    assert float(scores.ece()) == pytest.approx(0.0285, abs=0.0001)
