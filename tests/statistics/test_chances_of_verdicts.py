"""Chances of a verdict are those that drawing items one by one gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import strategies
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.statistics.calibration_error_interval import l1_interval
from pytest_llmcal.statistics.planning import Chances, cells_of, chances, least_items, overconfident

PROFILE = np.random.default_rng(0).beta(5.0, 1.5, 20_000)


@pytest.mark.parametrize(("error", "n"), [(0.0, 1000), (0.02, 2000), (0.1, 500)])
def test_the_chances_are_those_of_items_drawn_one_by_one(error: float, n: int) -> None:
    cells = cells_of(PROFILE)
    fast = chances(cells, overconfident(cells, error), n, 0.05, 0.95, l1_interval)
    generator, holds, refuted = np.random.default_rng(1), 0, 0
    for _ in range(1000):
        confidence = generator.choice(PROFILE, n)
        correct = generator.random(n) < np.maximum(confidence - error, 0.0)
        low, high = l1_interval(bin_sums(confidence, correct), 0.95)
        holds, refuted = holds + (high <= 0.05), refuted + (low > 0.05)
    # two samples of 1,000 draws each: a difference of 0.07 is more than three standard errors
    assert fast.holds == pytest.approx(holds / 1000, abs=0.07)
    assert fast.refuted == pytest.approx(refuted / 1000, abs=0.07)
    assert sum(fast) == pytest.approx(1.0)


@given(strategies.confidences(), st.integers(1, 30))
def test_cells_keep_what_bins_sum_up(confidence: np.ndarray, bins: int) -> None:
    cells, sums = cells_of(confidence, bins), bin_sums(confidence, np.zeros(len(confidence)), bins)
    assert cells.share.sum() == pytest.approx(1.0)
    by_bin = np.bincount(cells.bin, cells.share * cells.confidence, minlength=bins) * len(confidence)
    assert by_bin == pytest.approx(sums.confidence, abs=1e-9)


@given(strategies.confidences(min_size=5), st.floats(0.0, 1.0))
def test_an_overconfident_model_has_the_error_asked_for(confidence: np.ndarray, share: float) -> None:
    cells = cells_of(confidence)
    error = share * float(cells.share @ cells.confidence)
    accuracy = overconfident(cells, error)
    assert cells.error(accuracy) == pytest.approx(error, abs=1e-9)
    assert np.all((accuracy >= 0.0) & (accuracy <= cells.confidence))


def test_the_error_of_cells_is_the_calibration_error() -> None:
    cells = cells_of(PROFILE)
    accuracy = 0.5 * PROFILE
    assert cells.error(0.5 * cells.confidence) == pytest.approx(calibration_error(PROFILE, accuracy), abs=1e-9)


def test_an_error_beyond_the_confidences_is_refused() -> None:
    with pytest.raises(ValueError, match=r"true error of 0\.4 is not possible.*between 0 and 0\.15"):
        overconfident(cells_of(np.array([0.1, 0.2])), 0.4)


def test_no_number_of_items_is_made_up_where_none_is_enough() -> None:
    assert least_items(lambda _: 0.5, 0.8, most=100_000) is None
    assert least_items(lambda _: 1.0, 0.8) <= 10


def test_the_same_question_has_the_same_answer() -> None:
    cells = cells_of(PROFILE)
    once, again = (chances(cells, cells.confidence, 500, 0.05, 0.95, l1_interval, draws=100) for _ in range(2))
    assert isinstance(once, Chances)
    assert once == again
