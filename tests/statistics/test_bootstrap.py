"""The bootstrap: right where a closed form is known, honest where the draws show nothing, whole clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.statistics.bootstrap import bootstrap_interval, interval_of, replicates
from pytest_llmcal.statistics.mean import mean_interval
from pytest_llmcal.statistics.proportion import clopper_pearson


def mean_of(values):
    return lambda weights: weights @ values / weights.sum(axis=1)


def test_the_interval_of_a_mean_is_about_that_of_the_closed_form():
    values = np.random.default_rng(0).normal(3.0, 1.0, 400)
    drawn = bootstrap_interval(mean_of(values), 400, estimate=values.mean(), possible=(-9, 9), draws=9000)
    for level in (0.9, 0.95, 0.99):
        known = mean_interval(values, level, (-9.0, 9.0))
        assert np.allclose(drawn(level), known, atol=0.1 * (known.high - known.low))


def test_weights_count_how_often_an_item_was_drawn():
    replicates(lambda weights: np.testing.assert_array_equal(weights.sum(axis=1), 7) or weights[:, 0], 7)


def test_many_items_are_drawn_in_parts_and_nothing_else_changes(monkeypatch):
    values = np.arange(50.0)
    whole = replicates(mean_of(values), 50)
    monkeypatch.setattr("pytest_llmcal.statistics.bootstrap._AT_ONCE", 500)
    assert np.allclose(replicates(mean_of(values), 50), whole)


def test_clusters_of_one_item_are_independent_items():
    values = np.random.default_rng(1).normal(size=30)
    names = [f"{place:02}" for place in range(30)]
    assert np.allclose(replicates(mean_of(values), 30, clusters=names), replicates(mean_of(values), 30))


def test_clusters_are_drawn_whole():
    drawn = replicates(lambda weights: np.ptp(weights[:, :5], axis=1), 10, clusters=["a"] * 5 + ["b"] * 5)
    assert not drawn.any()


@pytest.mark.parametrize("n", [2, 20, 500])
def test_where_all_draws_are_equal_the_interval_is_that_of_a_proportion(n):
    interval = bootstrap_interval(mean_of(np.ones(n)), n, estimate=1.0, possible=(0.0, 1.0))
    assert np.allclose(interval(0.95), clopper_pearson(n, n, 0.95))


def test_one_item_or_one_cluster_says_nothing():
    assert interval_of(np.zeros(10), 0.9, estimate=0.0, units=1, possible=(0.0, 1.0)) == (0.0, 1.0)
    interval = bootstrap_interval(
        mean_of(np.arange(4.0)), 4, estimate=1.5, possible=(0.0, 3.0), clusters=["a", "a", "a", "a"]
    )
    assert interval(0.5) == (0.0, 3.0)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.floats(0.5, 0.98))
def test_a_stricter_level_is_a_wider_interval_within_the_possible(values, level):
    values = np.array(values)
    interval = bootstrap_interval(mean_of(values), len(values), estimate=values.mean(), possible=(0.0, 1.0), draws=100)
    inner, outer = interval(level), interval(level + 0.01)
    assert 0.0 <= outer.low <= inner.low <= inner.high <= outer.high <= 1.0
