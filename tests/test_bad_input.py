"""Whatever is handed in, every measurement is the right value or an error that names the offender."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pytest_llmcal import Measurement, Scores
from pytest_llmcal.measurement import range_of
from pytest_llmcal.scores import ScoresError
from tests.every_metric import METRICS, NEED_CHOICES


def measured(scores: Scores, metric: str) -> Measurement | None:
    """Return a measurement that is whole, or None after an error that says more than "invalid"."""
    try:
        result: Measurement = getattr(scores, metric)()
    except ScoresError as error:
        if len(str(error).split()) < 5:
            pytest.fail(f"{metric}: the error is too short to help: {error}")
        return None
    least, greatest = range_of(result.name)
    assert least <= result.low <= result.high <= greatest, f"{result!r}"
    assert not math.isnan(result)
    assert result.n == len(scores)
    return result


DEGENERATE = {
    "one item, right": lambda: Scores([0.7], [1]),
    "one item, wrong": lambda: Scores([0.7], [0]),
    "one item, certain and right": lambda: Scores([1.0], [1]),
    "one item, certain and wrong": lambda: Scores([1.0], [0]),
    "two items": lambda: Scores([0.7, 0.8], [1, 0]),
    "all right": lambda: Scores(np.linspace(0.5, 0.99, 40), np.ones(40)),
    "all wrong": lambda: Scores(np.linspace(0.5, 0.99, 40), np.zeros(40)),
    "all right at one confidence": lambda: Scores(np.full(40, 0.8), np.ones(40)),
    "all wrong at confidence one": lambda: Scores(np.ones(40), np.zeros(40)),
    "all right at confidence one": lambda: Scores(np.ones(40), np.ones(40)),
    "all right at confidence zero": lambda: Scores(np.zeros(40), np.ones(40)),
    "zero, a half and one": lambda: Scores([0.0, 0.5, 1.0] * 10, [0, 1, 1] * 10),
    "one choice is always right": lambda: Scores.from_logits(np.tile([3.0, 0.0, 1.0], (30, 1)), np.zeros(30, int)),
    "one choice is always wrong": lambda: Scores.from_logits(np.tile([3.0, 0.0, 1.0], (30, 1)), np.ones(30, int)),
    "one item of choices": lambda: Scores.from_logits([[1.0, 0.0, -np.inf]], [0]),
    "certain probabilities": lambda: Scores.from_probabilities(np.eye(3)[[0, 1, 2, 0]], [0, 1, 1, 0]),
    "one cluster of all": lambda: Scores(np.linspace(0.5, 0.99, 40), np.arange(40) % 3 > 0, clusters=["a"] * 40),
    "few items of few levels": lambda: Scores([0.9, 0.9, 0.8, 0.8, 1.0], [1, 0, 1, 1, 1]),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("data", DEGENERATE)
def test_degenerate_data_give_a_whole_measurement_or_a_clear_error(metric: str, data: str) -> None:
    scores = DEGENERATE[data]()
    result = measured(scores, metric)
    if result is None:
        one_kind = scores.correct.all() or not scores.correct.any()
        few = len(scores) <= 2
        assert one_kind or few or (metric in NEED_CHOICES and scores.choices is None), f"{metric} refuses {data}"


@pytest.mark.parametrize("metric", METRICS)
def test_one_item_decides_nothing(metric: str) -> None:
    """Whatever one item shows, most of what is possible stays possible."""
    result = measured(Scores([0.7], [1]), metric)
    if result is None:
        return
    least, greatest = range_of(result.name)
    if math.isfinite(greatest - least):
        assert result.high - result.low > 0.15 * (greatest - least), f"{result!r}"
    else:
        assert result.high > float(result) or result.low < float(result)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["bool", "int8", "int64", "uint8", "float16", "float32", "float64"])
def test_zeros_and_ones_of_any_kind_are_the_same_answers(metric: str, kind: str) -> None:
    confidence = np.round(np.random.default_rng(1).uniform(0.4, 1.0, 60) * 64) / 64  # exact in every dtype
    correct = np.random.default_rng(2).random(60) < confidence
    usual, other = (
        measured(Scores(confidence, correct), metric),
        measured(Scores(confidence, correct.astype(kind)), metric),
    )
    assert (usual is None and other is None) or float(usual) == float(other)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_numbers_that_fit_a_narrower_dtype_give_the_same_measurement(metric: str, kind: str) -> None:
    confidence = np.round(np.random.default_rng(1).uniform(0.4, 1.0, 60) * 64) / 64
    correct = np.random.default_rng(2).random(60) < confidence
    usual, other = (
        measured(Scores(confidence, correct), metric),
        measured(Scores(confidence.astype(kind), correct), metric),
    )
    assert (usual is None and other is None) or float(other) == pytest.approx(float(usual), abs=1e-7)  # type: ignore[arg-type]


BAD: dict[str, tuple[Any, Any, str]] = {
    "empty": ([], [], "confidence is empty"),
    "nan": ([0.5, math.nan], [1, 0], r"confidence\[1\] is nan"),
    "infinite": ([0.5, math.inf], [1, 0], r"confidence\[1\] is inf"),
    "above one": ([0.5, 1.01], [1, 0], r"confidence\[1\] is 1\.01"),
    "below zero": ([0.5, -0.01], [1, 0], r"confidence\[1\] is -0\.01"),
    "a column": ([[0.5], [0.6]], [1, 0], r"confidence has shape \(2, 1\)"),
    "a number": (0.5, 1, r"confidence has shape \(\)"),
    "texts": (["0.5", "0.6"], [1, 0], "values of type str"),
    "none among numbers": ([0.5, None], [1, 0], "values of type"),
    "labels one and two": ([0.5, 0.6], [1, 2], r"correct\[1\] is 2"),
    "labels plus and minus one": ([0.5, 0.6], [-1, 1], r"correct\[0\] is -1"),
    "more than right": ([0.5, 0.6], [0.5, 1.01], r"correct\[1\] is 1\.01"),
    "correct nan": ([0.5, 0.6], [math.nan, 1], r"correct\[0\] is nan"),
    "swapped": ([True, False], [0.5, 0.6], "swapped"),
    "too few answers": ([0.5, 0.6], [1], "correct has 1 entries for 2 items"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_measured_is_named_with_its_place(case: str) -> None:
    confidence, correct, match = BAD[case]
    with pytest.raises(ScoresError, match=match):
        Scores(confidence, correct)


def test_duplicate_ids_are_named_with_both_places() -> None:
    with pytest.raises(ScoresError, match=r"ids\[0\] and ids\[2\] are both 'a'"):
        Scores([0.5, 0.6, 0.7], [1, 0, 1], ids=["a", "b", "a"])


def test_a_group_of_size_zero_does_not_exist() -> None:
    scores = Scores([0.5, 0.6], [1, 0], groups={"region": ["north", "north"]})
    assert sorted(scores.by_group("region")) == ["north"]
    with pytest.raises(KeyError):
        scores.by_group("region")["south"]


@pytest.mark.parametrize("value", [0, -1, 1.5, "15", None, True])
def test_a_number_of_bins_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(ScoresError, match="bins must be a whole number of at least one"):
        Scores([0.5, 0.6], [1, 0]).ece(value)
