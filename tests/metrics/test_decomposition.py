import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.bins import BINNINGS, make_bins
from pytest_llmcal.metrics.decomposition import corp, murphy, refined
from pytest_llmcal.metrics.isotonic import isotonic_bins, isotonic_fit

ANSWERS = st.lists(st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.62, 0.9, 1.0]), st.booleans()), min_size=1, max_size=40)
SCORES = pytest.mark.parametrize("score", ["brier", "nll"])


def columns(rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def overconfident(n, seed=0):
    """Give probabilities, the same with doubled log odds, and answers."""
    generator = np.random.default_rng(seed)
    true = generator.beta(4.0, 2.0, n)
    return true, true**2 / (true**2 + (1 - true) ** 2), generator.random(n) < true


def sums_up(parts):
    total = parts.miscalibration - parts.discrimination + parts.within_bins + parts.uncertainty
    return total == parts.score if math.isinf(parts.score) else total == pytest.approx(parts.score, abs=1e-12)


def loss(score, c, y):
    with np.errstate(divide="ignore"):
        return float(np.mean((c - y) ** 2 if score == "brier" else -np.log(np.where(y, c, 1.0 - c))))


@SCORES
@given(rows=ANSWERS)
def test_the_parts_sum_up_to_the_score(score, rows):
    c, y = columns(rows)
    everything = [corp(c, y, score), *(murphy(c, y, make_bins(c, y, 4, kind), score) for kind in BINNINGS)]
    if len(rows) > 1:
        everything.append(refined(c, y, np.arange(len(rows)) % 2, score))
    for parts in everything:
        assert sums_up(parts)
        assert parts.miscalibration >= 0.0
        assert parts.score == pytest.approx(loss(score, c, y))
        assert not math.isnan(parts.refinement)
        rate = y.mean()
        assert parts.uncertainty == pytest.approx(loss(score, np.full(len(y), rate), y))


@SCORES
@given(rows=ANSWERS)
def test_what_is_recalibrated_where_it_was_fitted_discriminates_no_worse_than_chance(score, rows):
    c, y = columns(rows)
    assert 0.0 <= corp(c, y, score).discrimination <= corp(c, y, score).uncertainty + 1e-12
    assert murphy(c, y, make_bins(c, y, 4), score).discrimination >= 0.0


@given(rows=ANSWERS, seed=st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(rows, seed):
    c, y = columns(rows)
    order = np.random.default_rng(seed).permutation(len(rows))
    for name in ("miscalibration", "discrimination", "uncertainty", "score"):
        there, back = getattr(corp(c, y), name), getattr(corp(c[order], y[order]), name)
        assert back == pytest.approx(there, abs=1e-12)


def test_the_isotonic_fit_is_the_best_rising_curve_of_all_on_a_grid():
    c, y = np.array([0.2, 0.4, 0.4, 0.7]), np.array([1, 0, 1, 0])
    grid = np.linspace(0.0, 1.0, 11)
    curves = [(a, b, b, d) for a in grid for b in grid if b >= a for d in grid if d >= b]
    best = min(loss("brier", np.array(curve), y) for curve in curves)
    levels, fitted = isotonic_fit(c, y)
    assert loss("brier", fitted[np.searchsorted(levels, c)], y) == pytest.approx(best)


def test_pools_hold_their_accuracy_and_equal_confidences_together():
    c, y = np.array([0.1, 0.3, 0.3, 0.5, 0.9, 0.9]), np.array([0, 1, 0, 0, 1, 1])
    bins = isotonic_bins(c, y)
    assert bins.upper.tolist() == [0.1, 0.5, 0.9]
    assert str(bins) == "3 pools of isotonic regression"
    index = bins.of(c)
    assert [y[index == pool].mean() for pool in range(3)] == pytest.approx([0.0, 1 / 3, 1.0])


def test_one_confidence_a_bin_leaves_nothing_within_bins():
    c, y = np.repeat([0.2, 0.6, 0.9], 10), np.arange(30) % 3 > 0
    parts = murphy(c, y, make_bins(c, y, 15, "unique"))
    assert parts.within_bins == pytest.approx(0.0, abs=1e-15)
    accuracy = [y[c == level].mean() for level in (0.2, 0.6, 0.9)]
    assert parts.miscalibration == pytest.approx(np.mean((np.array([0.2, 0.6, 0.9]) - accuracy) ** 2))
    assert parts.discrimination == pytest.approx(np.mean((np.array(accuracy) - y.mean()) ** 2))


def test_within_bins_are_the_variance_and_the_covariance_of_stephenson():
    _, c, y = overconfident(500)
    bins = make_bins(c, y, 6, "uniform")
    index = bins.of(c)
    variance = covariance = 0.0
    for one in range(6):
        held, right = c[index == one], y[index == one]
        variance += np.sum((held - held.mean()) ** 2) / len(c)
        covariance += 2.0 * np.sum((held - held.mean()) * (right - right.mean())) / len(c)
    assert murphy(c, y, bins).within_bins == pytest.approx(variance - covariance, abs=1e-12)


@SCORES
def test_calibration_and_refinement_of_a_model_whose_truth_is_known(score):
    true, c, y = overconfident(40_000)
    parts = refined(c, y, np.random.default_rng(1).permutation(len(c)) % 5, score)
    if score == "brier":
        refinement, calibration = np.mean(true * (1 - true)), np.mean((c - true) ** 2)
    else:
        refinement = -np.mean(true * np.log(true) + (1 - true) * np.log1p(-true))
        calibration = -np.mean(true * np.log(c) + (1 - true) * np.log1p(-c)) - refinement
    assert parts.refinement == pytest.approx(refinement, abs=0.006)
    assert parts.miscalibration == pytest.approx(calibration, rel=0.06)


def test_a_perfect_model_has_some_miscalibration_where_it_was_fitted_and_hardly_any_where_not():
    fitted, not_fitted = [], []
    for seed in range(20):
        true, _, y = overconfident(300, seed)
        fitted.append(corp(true, y).miscalibration)
        not_fitted.append(refined(true, y, np.arange(300) % 5).miscalibration)
    assert np.mean(fitted) > 0.005
    assert np.mean(not_fitted) < 0.2 * np.mean(fitted)


def test_what_was_ruled_out_and_happened_is_infinite_miscalibration():
    c, y = np.array([1.0, 1.0, 0.5, 0.5]), np.array([1, 0, 1, 0])
    for parts in (corp(c, y, "nll"), murphy(c, y, make_bins(c, y, 15, "unique"), "nll")):
        assert parts.score == parts.miscalibration == math.inf
        assert parts.refinement == pytest.approx(math.log(2.0))
