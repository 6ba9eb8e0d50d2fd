"""The share of samples that agree is the confidence."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_model import ScriptedModel, written

from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.scoring.confidence import Asker
from pytest_llmcal.scoring.confidence.samples import Samples
from pytest_llmcal.scoring.confidence.self_consistency import SelfConsistency
from pytest_llmcal.tasks import Items, OpenItem, Writing

ITEMS = [OpenItem("paris", "Capital of France?", ("Paris",)), OpenItem("rome", "Capital of Italy?", ("Rome",))]
DRAWN = {
    "paris": [written(" Lyon"), *map(written, ("Paris.", "paris", " Paris.", "Lyon", "the Paris", "", "Nice"))],
    "rome": [written(text) for text in ("Milan", "Rome", "Rome", "Milan", "Turin", "Bari", "Pisa", "Como")],
}


def test_the_most_frequent_text_of_the_largest_class_answers_with_its_share() -> None:
    model = ScriptedModel(samples=DRAWN)
    paris, rome = SelfConsistency(samples=8).answers(Asker(model), ITEMS, Writing())
    assert (paris.text, paris.confidence) == ("Paris.", 4 / 8)
    assert (rome.text, rome.confidence) == ("Milan", 2 / 8)  # of two that tie, what was drawn first


def test_samples_are_asked_for_all_at_once() -> None:
    model = ScriptedModel(samples=DRAWN)
    asker = Asker(model)
    SelfConsistency(samples=8, temperature=0.7, seed=5).answers(asker, ITEMS, Writing(max_tokens=9, stop=(".",)))
    [(prompts, options)] = model.asked
    assert len(prompts) == 2
    assert (options.samples, options.temperature, options.seed) == (8, 0.7, 5)
    assert (options.max_tokens, options.stop) == (9, (".",))
    assert asker.calls == 16


def test_smoothing_keeps_agreement_of_all_below_one() -> None:
    agreed = Samples(tuple(map(written, ["yes"] * 20)), (0,) * 20)
    assert SelfConsistency().answer(agreed).confidence == 1.0
    assert SelfConsistency(smoothing=(1, 2)).answer(agreed).confidence == float(Fraction(21, 22))
    for wrong in ((2, 1), (-1, 1), (0, float("inf")), (float("nan"), 1)):
        with pytest.raises(ModelError, match="allowed are two numbers"):
            SelfConsistency(smoothing=wrong)


def test_an_answer_that_was_cut_off_says_so() -> None:
    model = ScriptedModel(samples={"paris": [written("Par", finish_reason="length")] * 2})
    [answer] = SelfConsistency(samples=2).answers(Asker(model), ITEMS[:1], Writing())
    assert answer.finish_reason == "length"


def test_fewer_than_two_samples_and_temperature_zero_are_refused() -> None:
    with pytest.raises(ModelError, match="samples is 1; allowed are whole numbers of at least 2"):
        SelfConsistency(samples=1)
    with pytest.raises(ModelError, match="20 samples at temperature 0"):
        SelfConsistency(temperature=0)


@given(st.lists(st.sampled_from(["a", "b", "c ", " c"]), min_size=2, max_size=12))
def test_the_confidence_is_the_largest_share_whatever_is_drawn(texts: list[str]) -> None:
    model = ScriptedModel(samples={"paris": [written(text) for text in texts]})
    [answer] = SelfConsistency(samples=len(texts), equivalence=lambda _, one, other: one == other).answers(
        Asker(model), ITEMS[:1], Writing()
    )
    bare = [text.strip() for text in texts]
    assert answer.confidence == max(map(bare.count, bare)) / len(bare)
    assert bare.count(answer.text.strip()) == max(map(bare.count, bare))


def test_it_scores_by_its_name() -> None:
    samples = {key: (texts * 3)[:20] for key, texts in DRAWN.items()}
    items = Items("capitals", "test", tuple(ITEMS), Writing())
    scores = score(ScriptedModel(samples=samples), items, confidence="self_consistency", progress=False)
    assert scores.confidence.tolist() == [11 / 20, 6 / 20]
    assert scores.correct.tolist() == [True, False]
