"""How often intervals about coverage err, over models whose risk at each coverage is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.selective import accepted_items, coverage_at_risk, expected_errors
from pytest_llmcal.statistics.coverage import accuracy_interval, coverage_interval
from pytest_llmcal.statistics.proportion import clopper_pearson

# Three standard errors above 2.5% of 300 draws.
MOST = 0.052


def errors_of(n, accuracy, seed):
    generator = np.random.default_rng(seed)
    confidence = generator.random(n)
    return expected_errors(confidence, generator.random(n) < accuracy(confidence))


def misses(interval_of, accuracy, truth, n=400, draws=300):
    ends = np.array([interval_of(errors_of(n, accuracy, seed)) for seed in range(draws)])
    return np.mean(ends[:, 0] > truth + 1e-9), np.mean(ends[:, 1] < truth - 1e-9)


def best_order(confidence):
    return np.where(confidence > 0.2, 1.0, 0.0)


def test_the_threshold_that_is_not_known_is_reckoned_with():
    """The surest 80% are right always, and Clopper-Pearson over those found says otherwise in half of the draws."""
    low, high = misses(lambda errors: accuracy_interval(errors, 0.8, 0.95), best_order, 1.0)
    assert max(low, high) <= MOST
    count = accepted_items(400, 0.8)
    naive = misses(lambda errors: clopper_pearson(count - errors[count - 1], count, 0.95), best_order, 1.0)
    assert max(naive) > 0.3


@pytest.mark.parametrize("coverage", [0.3, 0.8, 1.0])
def test_the_accuracy_of_a_calibrated_model_lies_within(coverage):
    low, high = misses(lambda errors: accuracy_interval(errors, coverage, 0.95), lambda c: c, 1.0 - coverage / 2.0)
    assert max(low, high) <= MOST


@pytest.mark.parametrize(
    ("accuracy", "risk", "truth"),
    [
        (lambda c: c, 0.25, 0.5),
        (best_order, 0.1, 0.8 / 0.9),
        (lambda c: np.full_like(c, 0.899), 0.1, 0.0),  # nothing is good enough, anywhere, by a hair
        (lambda c: np.full_like(c, 0.901), 0.1, 1.0),
    ],
    ids=["calibrated", "best order", "flat, just too risky", "flat, just not"],
)
def test_the_coverage_lies_within(accuracy, risk, truth):
    low, high = misses(lambda errors: coverage_interval(errors, risk, 0.95), accuracy, truth)
    assert max(low, high) <= MOST


def test_many_good_answers_certify_a_coverage():
    low, high = coverage_interval(errors_of(20_000, lambda c: c, 0), 0.25, 0.95)
    assert 0.45 < low < 0.5 < high < 0.55


@given(st.lists(st.integers(0, 1), min_size=1, max_size=60), st.floats(0, 1), st.floats(0.5, 0.98))
def test_a_stricter_level_is_wider_and_the_estimate_within(wrong, risk, level):
    errors = np.cumsum(wrong).astype(float)
    inner, outer = (coverage_interval(errors, risk, asked) for asked in (level, level + 0.01))
    assert 0.0 <= outer.low <= inner.low <= inner.high <= outer.high <= 1.0
    assert inner.low <= coverage_at_risk(errors, risk) + 1e-9
    assert coverage_at_risk(errors, risk) <= inner.high + 1e-9


@given(st.lists(st.integers(0, 1), min_size=1, max_size=60), st.floats(0.01, 1), st.floats(0.5, 0.98))
def test_a_stricter_level_is_wider_for_accuracies_too(wrong, coverage, level):
    errors = np.cumsum(wrong).astype(float)
    count = accepted_items(len(errors), coverage)
    inner, outer = (accuracy_interval(errors, coverage, asked) for asked in (level, level + 0.01))
    assert 0.0 <= outer.low <= inner.low <= 1.0 - errors[count - 1] / count <= inner.high <= outer.high <= 1.0


@pytest.mark.parametrize("design", [1.0, 2.5, 8.0])
def test_a_design_effect_only_widens(design):
    errors = errors_of(300, lambda c: c, 0)
    for interval, asked in ((accuracy_interval, 0.7), (coverage_interval, 0.2)):
        plain, clustered = interval(errors, asked, 0.95), interval(errors, asked, 0.95, design)
        assert clustered.low <= plain.low <= plain.high <= clustered.high


def test_a_risk_of_none_is_never_certified_and_any_risk_always_is():
    errors = np.zeros(1000)
    assert coverage_interval(errors, 0.0, 0.95) == (0.0, 1.0)
    assert coverage_interval(np.arange(1.0, 1001.0), 1.0, 0.95) == (1.0, 1.0)
