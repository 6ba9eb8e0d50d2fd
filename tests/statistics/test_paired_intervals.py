"""Intervals of differences, held against exact sums, brute force and other intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pytest_llmcal.metrics.ranking import auroc
from pytest_llmcal.statistics.auroc import added_to_auroc
from pytest_llmcal.statistics.clusters import members_of
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import mean_interval
from pytest_llmcal.statistics.paired import (
    Estimate,
    accuracy_difference_interval,
    correlation,
    difference_interval,
    mean_difference_interval,
    with_unseen,
)
from pytest_llmcal.statistics.proportion import clopper_pearson

SHARES = st.floats(0.0, 1.0)


@given(st.lists(SHARES, min_size=3, max_size=3), st.lists(SHARES, min_size=3, max_size=3), st.floats(-1.0, 1.0))
def test_less_correlation_never_makes_a_difference_surer(here, there, shared) -> None:
    parts = [Estimate(middle, Interval(low, high)) for low, middle, high in map(sorted, (here, there))]
    some, least = difference_interval(*parts, shared), difference_interval(*parts)
    assert least.low <= some.low + 1e-12
    assert some.high <= least.high + 1e-12
    assert least == pytest.approx((parts[0].interval.low - parts[1].interval.high,
                                   parts[0].interval.high - parts[1].interval.low))  # fmt: skip


def test_normal_estimates_have_the_textbook_interval() -> None:
    low, high = difference_interval(Estimate(1.0, Interval(0.7, 1.3)), Estimate(0.0, Interval(-0.4, 0.4)), 0.5)
    arm = math.sqrt(0.09 + 0.16 - 0.12)
    assert (low, high) == pytest.approx((1.0 - arm, 1.0 + arm))


def test_a_part_without_an_end_leaves_the_difference_without_one() -> None:
    low, high = difference_interval(Estimate(1.0, Interval(0.5, math.inf)), Estimate(0.5, Interval(0.5, 0.5)), 0.3)
    assert low == pytest.approx(0.5 - 0.5 + 0.0)
    assert high == math.inf


def test_where_all_items_differ_it_is_the_interval_of_clopper_and_pearson() -> None:
    low, high = clopper_pearson(17, 20, 0.95)
    found = accuracy_difference_interval(17, 3, 20, 0.95)
    assert found.low <= 2 * low - 1 + 0.02
    assert found.low == pytest.approx(2 * low - 1, abs=0.08)
    assert found.high == pytest.approx(2 * high - 1, abs=0.08)


def errors_of_the_low_end(n: int, gain: float, loss: float, ends) -> float:
    """Sum up the multinomial probability of all outcomes whose low end lies above the truth."""
    return sum(
        binom.pmf(gained, n, gain) * binom.pmf(lost, n - gained, loss / (1 - gain))
        for (gained, lost), end in ends.items()
        if end > gain - loss + 1e-12
    )


@pytest.mark.parametrize("n", [3, 10, 30])
def test_an_accuracy_s_difference_errs_no_more_often_than_it_says_by_exact_sums(n: int) -> None:
    ends = {
        (gained, lost): accuracy_difference_interval(gained, lost, n, 0.95).low
        for gained in range(n + 1)
        for lost in range(n + 1 - gained)
    }
    generator = np.random.default_rng(n)
    for _ in range(40):
        gain, loss = generator.dirichlet([0.5, 0.5, 0.5])[:2]
        assert errors_of_the_low_end(n, gain, loss, ends) <= 0.026


def tango_low(gained: float, lost: float, n: float) -> float:
    """The low end of the score interval of Tango (1998), by halving."""
    low, high = -1.0, (gained - lost) / n
    for _ in range(60):
        d = 0.5 * (low + high)
        b = -gained - lost + (2 * n - gained + lost) * d
        q = (math.sqrt(b * b + 8 * n * lost * d * (1 - d)) - b) / (4 * n)
        beyond = gained - lost - n * d > 1.96 * math.sqrt(max(n * (2 * q + d * (1 - d)), 0.0))
        low, high = (d, high) if beyond else (low, d)
    return low


def test_of_many_items_that_differ_it_is_tango_s_interval() -> None:
    found = accuracy_difference_interval(500, 400, 5000, 0.95)
    assert found.low == pytest.approx(tango_low(500, 400, 5000), abs=7e-4)
    assert found.high == pytest.approx(-tango_low(400, 500, 5000), abs=7e-4)


def test_tango_s_interval_errs_too_often_where_few_items_differ() -> None:
    n = 60
    ends = {(g, k): tango_low(g, k, n) for g in range(21) for k in range(9)}
    assert errors_of_the_low_end(n, 5.5 / n, 1e-9, ends) > 0.04
    ours = {(g, k): accuracy_difference_interval(g, k, n, 0.95).low for g, k in ends}
    assert errors_of_the_low_end(n, 5.5 / n, 1e-9, ours) <= 0.025


def test_what_items_add_to_two_aurocs_has_the_covariance_of_a_brute_force_jackknife() -> None:
    generator = np.random.default_rng(0)
    c = generator.random(150)
    base = np.clip(c + 0.2 * generator.normal(size=150), 0.0, 1.0)
    y, base_y = generator.random(150) < c, generator.random(150) < base
    left_out = np.array([
        [auroc(np.delete(c, i), np.delete(y, i)), auroc(np.delete(base, i), np.delete(base_y, i))] for i in range(150)
    ])  # fmt: skip
    jackknife = np.cov(left_out.T) * 149**2 / 150
    added = np.stack([added_to_auroc(c, y), added_to_auroc(base, base_y)])
    assert added @ added.T == pytest.approx(jackknife, rel=0.05)
    assert added.sum(axis=1) == pytest.approx(0.0, abs=1e-12)


def test_a_correlation_is_taken_one_standard_error_lower_and_of_few_units_not_at_all() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=103)
    y = x + generator.normal(size=103)
    expected = math.tanh(math.atanh(np.corrcoef(x, y)[0, 1]) - 0.1)
    assert correlation(x, y, None) == pytest.approx(expected)
    assert correlation(x, x, None) == 1.0
    assert correlation(x, np.zeros(103), None) == -1.0
    assert correlation(x[:3], x[:3], None) == -1.0
    assert correlation(x, x, members_of(["a", "b", "c"] + ["c"] * 100)) == -1.0


def test_unseen_items_leave_room_that_shrinks_with_their_share() -> None:
    for n in (10, 1000):
        low, high = with_unseen(Interval(0.0, 0.0), 0.0, n, 0.95, 1.0)
        assert (low, high) == pytest.approx((-(1 - 0.025 ** (1 / n)), 1 - 0.025 ** (1 / n)))
    assert with_unseen(Interval(-0.5, 0.5), 0.0, 100, 0.95, 1.0) == (-0.5, 0.5)


def test_a_mean_of_many_alike_differences_has_halls_interval() -> None:
    values = np.random.default_rng(0).normal(size=3000)
    expected = mean_interval(values, 0.95, (-9.0, 9.0))
    assert mean_difference_interval(values, 0.95, (-9.0, 9.0)) == pytest.approx(expected, abs=5e-4)
    assert mean_difference_interval(np.zeros(9), 0.95, (-1.0, 1.0)) == mean_interval(np.zeros(9), 0.95, (-1.0, 1.0))


def test_a_mean_that_rests_on_few_items_errs_rarely_at_each_end() -> None:
    generator = np.random.default_rng(0)
    few = generator.multinomial(500, [0.008, 0.008, 0.984], size=600)
    ends = np.array([
        mean_difference_interval(np.repeat([1.0, -1.0, 0.0], counts), 0.95, (-1.0, 1.0)) for counts in few
    ])  # fmt: skip
    # 2.5% promised; 600 draws show more than 4.7% by chance about once in 1,000
    assert np.mean(ends[:, 0] > 0.0) <= 0.047
    assert np.mean(ends[:, 1] < 0.0) <= 0.047
