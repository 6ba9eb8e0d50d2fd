"""What is true of every metric, whatever the data: held by hypothesis over the public strategies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_llmcal import Measurement, Scores, strategies
from pytest_llmcal.measurement import range_of
from pytest_llmcal.scores import ScoresError
from tests.every_metric import METRICS

CALIBRATION_ERRORS = ("ece",)


def measured(scores: Scores, metric: str) -> Measurement:
    """Measure, and leave out data of which the metric says, in words, that it does not exist."""
    try:
        result = getattr(scores, metric)()
    except ScoresError:
        assume(False)
    assert isinstance(result, Measurement)
    return result


def reordered(scores: Scores, order: np.ndarray) -> Scores:
    names = {
        "ids": [scores.ids[i] for i in order],
        "groups": {key: [members[i] for i in order] for key, members in scores.groups.items()},
        "clusters": None if scores.clusters is None else [scores.clusters[i] for i in order],
    }
    if scores.choices is None:
        return Scores(scores.confidence[order], scores.correct[order], **names)
    return Scores.from_logits(scores.choices.values[order], scores.choices.labels[order], **names)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)  # some draw a noise floor, which takes tens of milliseconds
@given(scores=strategies.scores(), seed=st.integers(0, 1000))
def test_the_order_of_the_items_changes_nothing(metric: str, scores: Scores, seed: int) -> None:
    there = measured(scores, metric)
    back = measured(reordered(scores, np.random.default_rng(seed).permutation(len(scores))), metric)
    assert float(back) == pytest.approx(float(there), abs=1e-9)
    assert (back.low, back.high) == pytest.approx((there.low, there.high), abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)  # some draw a noise floor, which takes tens of milliseconds
@given(scores=strategies.scores(clustered=True))
def test_numbers_lie_in_the_range_of_their_metric_and_the_interval_is_no_nan(metric: str, scores: Scores) -> None:
    there = measured(scores, metric)
    least, greatest = range_of(metric)
    assert least <= float(there) <= greatest
    assert least <= there.low <= there.high <= greatest
    assert not math.isnan(there)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)  # some draw a noise floor, which takes tens of milliseconds
@given(scores=strategies.scores())
def test_a_stricter_level_has_a_wider_interval(metric: str, scores: Scores) -> None:
    there = measured(scores, metric)
    wider = there.at(0.99)
    assert wider.low <= there.low + 1e-10
    assert there.high <= wider.high + 1e-10


@pytest.mark.parametrize("metric", CALIBRATION_ERRORS)
@given(scores=strategies.perfect_steps())
def test_a_perfect_step_model_has_no_error(metric: str, scores: Scores) -> None:
    assert float(measured(scores, metric)) == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=50)
@given(scores=strategies.scores(), bins=st.integers(1, 20), times=st.integers(2, 5))
def test_finer_bins_within_bins_find_no_less(scores: Scores, bins: int, times: int) -> None:
    coarse = scores.ece(bins)
    fine = scores.ece(bins * times)
    assert float(fine) >= float(coarse) - 1e-9


# Multiples of a power of two: shifting and scaling them rounds nothing, so ties stay ties.
EXACT_LOGITS = strategies.logits().map(lambda values: np.round(values * 8) / 8)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=50, deadline=None)  # some draw a noise floor, which takes tens of milliseconds
@given(values=EXACT_LOGITS, data=st.data(), shift=st.integers(-100, 100))
def test_adding_a_number_to_all_logits_of_an_item_changes_nothing(
    metric: str, values: np.ndarray, data: st.DataObject, shift: int
) -> None:
    right = data.draw(strategies.labels(values))
    there = measured(Scores.from_logits(values, right), metric)
    shifted = measured(Scores.from_logits(values + shift, right), metric)
    assert float(shifted) == pytest.approx(float(there), abs=1e-9)


@settings(max_examples=50)
@given(values=EXACT_LOGITS, data=st.data(), inverse_temperature=st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_a_temperature_keeps_the_answers(values: np.ndarray, data: st.DataObject, inverse_temperature: float) -> None:
    right = data.draw(strategies.labels(values))
    plain, scaled = (Scores.from_logits(logits, right) for logits in (values, values * inverse_temperature))
    assert np.array_equal(plain.correct, scaled.correct)
    assert float(plain.accuracy()) == float(scaled.accuracy())


@settings(max_examples=50)
@given(values=strategies.logits(ragged=False), data=st.data())
def test_choices_that_no_item_has_change_nothing(values: np.ndarray, data: st.DataObject) -> None:
    right = data.draw(strategies.labels(values))
    padded = np.pad(values, ((0, 0), (0, 3)), constant_values=-np.inf)
    small, large = Scores.from_logits(values, right), Scores.from_logits(padded, right)
    assert np.array_equal(large.correct, small.correct)
    # Up to rounding, which may break a tie or move a confidence over the edge of a bin.
    assert large.confidence == pytest.approx(small.confidence, abs=1e-12)
    for metric in ("accuracy", "brier", "nll"):
        assert float(measured(large, metric)) == pytest.approx(float(measured(small, metric)), abs=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@settings(max_examples=50)
@given(scores=strategies.scores())
def test_the_dtype_of_equal_numbers_changes_nothing(dtype: str, scores: Scores) -> None:
    rounded = scores.confidence.astype(dtype)
    narrow, wide = (Scores(values, scores.correct) for values in (rounded, rounded.astype("float64")))
    for metric in ("accuracy", "brier", "ece"):
        # A number beside an edge may lie on it in a narrower dtype, on purpose: 0.3 is three tenths in every dtype.
        if metric == "ece" and np.any(np.isclose(rounded.astype(float) * 15 % 1, [[0.0], [1.0]], atol=2e-2)):
            continue
        assert float(measured(narrow, metric)) == pytest.approx(float(measured(wide, metric)), abs=1e-9)
