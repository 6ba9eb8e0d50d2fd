"""Intervals of the calibration errors without bins: SmoothECE, kernel error, error by kernel density."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.smooth_coverage import rates
from pytest_llmcal.metrics.density_error import leave_one_out_weights
from pytest_llmcal.metrics.kernel_error import skce
from pytest_llmcal.metrics.smooth import error_at, on_grid, residuals_on_grid
from pytest_llmcal.statistics.density_error_interval import density_error_interval, density_gaps, density_noise_floor
from pytest_llmcal.statistics.grid_sums import grid_sums
from pytest_llmcal.statistics.kernel_error_interval import kernel_error_interval
from pytest_llmcal.statistics.smooth_error_interval import reflected_gaussian, smooth_error_interval, smoothed_gaps
from pytest_llmcal.statistics.smooth_noise_floor import smooth_noise_floor

# 100 draws: a rate of 2.5% shows as more than 8% once in 2,000 tests.
CELLS = [
    ("smooth_ece", "perfect", 100),
    ("smooth_ece", "underconfident 0.10", 500),
    ("smooth_ece", "very rare, wrong and sure", 100),
    ("skce", "perfect, five levels", 100),
    ("skce", "overconfident 0.10", 500),
    ("skce", "always wrong, rarely surer", 200),
    ("kde_ece", "below 0.30, half as often", 100),
    ("kde_ece", "odds to the power 2", 100),
]


@pytest.mark.parametrize(("metric", "shape", "n"), CELLS)
def test_each_end_errs_as_rarely_as_it_says(metric, shape, n):
    found = rates(metric, shape, n, draws=100)
    assert found.below_low <= 8.0
    assert found.above_high <= 8.0


def test_smooth_ece_decides_where_there_is_something_to_decide():
    assert rates("smooth_ece", "overconfident 0.10", 1000, draws=50).low > 0.05
    assert rates("smooth_ece", "perfect", 5000, draws=10).high < 0.03


def answers(n, power=1.0, seed=0):
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return confidence, generator.random(n) < confidence**power


@pytest.mark.parametrize("bandwidth", [0.03, 0.2])
def test_the_gaps_are_those_that_the_error_is_made_of(bandwidth):
    confidence, correct = answers(300, 2.0)
    gaps = smoothed_gaps(grid_sums(confidence, correct), bandwidth)
    exact = float(error_at(residuals_on_grid(confidence, correct), bandwidth))
    assert float(gaps.share @ np.abs(gaps.gap)) == pytest.approx(exact, rel=0.02)


def test_the_squared_error_of_gaps_leaves_out_what_an_item_is_multiplied_by_itself():
    confidence, correct = np.array([0.25, 0.5, 0.5, 0.75]), np.array([1, 0, 1, 1])
    gap, bandwidth = confidence - correct, 0.25
    kernel = reflected_gaussian(64, bandwidth)[:, (confidence * 64).astype(int)]
    length = np.full(65, 1 / 64)
    length[[0, -1]] /= 2
    density = kernel.mean(axis=1)
    by_pairs = sum(
        gap[i] * gap[j] * (length * kernel[:, i] * kernel[:, j] / density).sum()
        for i in range(4)
        for j in range(4)
        if i != j
    )
    found = smoothed_gaps(grid_sums(confidence, correct), bandwidth).squared_error()
    assert found == pytest.approx(by_pairs / (4 * 3), rel=1e-3)


def test_what_is_split_twice_is_split_as_if_once():
    confidence, correct = answers(200)
    assert grid_sums(confidence, correct).coarser(64).gap == pytest.approx(
        on_grid(confidence, confidence - correct, 64), abs=1e-9
    )


rows = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30)


@settings(max_examples=20, deadline=None)
@given(rows)
def test_ends_are_possible_and_a_stricter_level_is_wider(rows):
    confidence, correct = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    sums, weights = grid_sums(confidence, correct), leave_one_out_weights(confidence, 0.1)
    gaps, estimate = density_gaps(confidence, correct, weights), skce(confidence, correct)
    for interval in (
        lambda level: smooth_error_interval(sums, level),
        lambda level: kernel_error_interval(sums, estimate, 0.1, level),
        lambda level: density_error_interval(gaps, confidence, level),
    ):
        usual, strict = interval(0.9), interval(0.99)
        assert 0.0 <= strict.low <= usual.low + 1e-12
        assert usual.high <= strict.high + 1e-12
        assert strict.high <= 1.0


def test_two_items_bound_nothing():
    confidence, correct = np.array([0.9, 0.9]), np.array([1, 1])
    sums = grid_sums(confidence, correct)
    gaps = density_gaps(confidence, correct, leave_one_out_weights(confidence, 0.1))
    assert smooth_error_interval(sums, 0.95).high == 1.0
    assert kernel_error_interval(sums, 0.01, 0.1, 0.95).high == 1.0
    assert density_error_interval(gaps, confidence, 0.95).high == 1.0


def test_an_item_far_from_all_others_adds_all_that_its_gap_may_be():
    confidence = np.append(np.full(99, 0.9), 0.1)
    correct = np.append(np.arange(99) < 89, [False])
    without = density_gaps(confidence[:-1], correct[:-1], leave_one_out_weights(confidence[:-1], 1e-4))
    gaps = density_gaps(confidence, correct, leave_one_out_weights(confidence, 1e-4) * (np.arange(100) < 99)[:, None])
    # its own row is made to hear one item only
    gaps.weights[-1, 0] = 1.0
    alone = density_error_interval(gaps, confidence, 0.95).high
    assert alone == pytest.approx(density_error_interval(without, confidence[:-1], 0.95).high + 0.009, abs=0.005)


def test_a_design_effect_widens_all_intervals():
    confidence, correct = answers(400, 2.0)
    sums, weights = grid_sums(confidence, correct), leave_one_out_weights(confidence, 0.05)
    estimate = skce(confidence, correct)
    pairs = [
        (smooth_error_interval(sums, 0.95), smooth_error_interval(sums.per(4.0), 0.95)),
        (
            kernel_error_interval(sums, estimate, 0.1, 0.95),
            kernel_error_interval(sums.per(4.0), estimate, 0.1, 0.95),
        ),
        (
            density_error_interval(density_gaps(confidence, correct, weights), confidence, 0.95),
            density_error_interval(density_gaps(confidence, correct, weights, 4.0), confidence, 0.95, 4.0),
        ),
    ]
    for plain, clustered in pairs:
        assert clustered.low < plain.low
        assert plain.high < clustered.high


@pytest.mark.parametrize("n", [300, 3000])
def test_the_noise_floor_is_what_a_perfect_model_shows(n):
    confidence, correct = answers(n)
    drawn = [float(fixed(np.sort(confidence), seed)) for seed in range(60)]
    mean, p95 = smooth_noise_floor(confidence, grid_sums(confidence, correct))
    assert mean == pytest.approx(np.mean(drawn), rel=0.1)
    assert p95 == pytest.approx(np.quantile(drawn, 0.95), rel=0.2)


def fixed(confidence, seed):
    from pytest_llmcal.metrics.smooth import smooth_error

    return smooth_error(confidence, np.random.default_rng([seed, 7]).random(len(confidence)) < confidence)


def test_the_noise_floor_by_density_is_what_a_perfect_model_shows():
    confidence = np.sort(answers(200)[0])
    weights = leave_one_out_weights(confidence, 0.02)
    drawn = [
        np.abs(weights @ (np.random.default_rng([seed, 7]).random(200) < confidence) - confidence).mean()
        for seed in range(200)
    ]
    mean, p95 = density_noise_floor(confidence, weights)
    assert mean == pytest.approx(np.mean(drawn), rel=0.1)
    assert p95 == pytest.approx(np.quantile(drawn, 0.95), rel=0.15)
