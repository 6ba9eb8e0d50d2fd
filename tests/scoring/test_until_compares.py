"""Two models are compared while their answers come in, and no longer than the verdict needs."""

from __future__ import annotations

import math
from functools import partial

import pytest

from pytest_llmcal import Scores, load_model, load_task
from pytest_llmcal.measurement import Observation, Rules, using
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.scoring import score
from pytest_llmcal.scoring.until import until


@pytest.fixture(scope="module")
def sound_and_overfit():
    models = [load_model(name, device="cpu") for name in ("world/gpt2", "world/gpt2-overfit")]
    return tuple(partial(score, model) for model in models)


def not_worse(new: Scores, old: Scores):
    return new.not_worse_than(old, 0.02, metric="nll")


def test_an_overfit_model_is_soon_found_worse_than_the_sound_one(sound_and_overfit) -> None:
    sound, overfit = sound_and_overfit
    observed: list[Observation] = []
    with using(Rules(observe=observed.append)):
        decision = until(overfit, load_task("world/qa"), verdict=not_worse, baseline=sound, max_items=600)
    assert decision.verdict.status == "refuted"
    assert decision.reason == "decided"
    assert decision.items < 600
    assert decision.baseline.ids == decision.scores.ids
    assert [entry.relation for entry in observed] == ["not_worse_than"]
    assert "is refuted: it was measured as" in decision.explain()


def test_the_scores_of_an_earlier_run_are_a_baseline_too(sound_and_overfit) -> None:
    sound, overfit = sound_and_overfit
    items = load_task("world/qa").test[:300]
    known, asked = overfit(items), {"verdict": not_worse, "max_items": 300}
    decision = until(sound, items, baseline=known, **asked)
    again = until(sound, items, baseline=overfit, **asked)
    assert decision.verdict.status == again.verdict.status == "holds"
    assert decision.items == again.items
    assert decision.verdict.measurement.low == pytest.approx(again.verdict.measurement.low, abs=1e-5)


def test_a_wrong_margin_is_said_at_the_first_look(sound_and_overfit) -> None:
    sound, _ = sound_and_overfit
    calls = []

    def counted(items):
        calls.append(len(items))
        return sound(items)

    with pytest.raises(ValueError, match="margin"):
        until(
            counted, load_task("world/qa").test[:200], baseline=sound,
            verdict=lambda new, old: new.not_worse_than(old, math.nan),
        )  # fmt: skip
    assert len(calls) == 1


def test_a_baseline_without_an_item_is_named(sound_and_overfit) -> None:
    sound, _ = sound_and_overfit
    items = load_task("world/qa").test[:40]
    with pytest.raises(ScoresError, match="the baseline has no score on the item"):
        until(sound, items, verdict=not_worse, baseline=sound(items[:20]))
