"""Intervals of the largest of several numbers, and of the largest gap between two of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.statistics.interval import Interval, upper_normal_quantile
from pytest_llmcal.statistics.paired import Estimate, difference_interval
from pytest_llmcal.statistics.simultaneous import (
    gaps_between,
    largest_gap_between,
    largest_interval,
    level_of_each,
    smallest_interval,
)

DRAWS = 600
TRUTHS = {
    "all alike": np.zeros(8),
    "one larger": np.array([0.0] * 7 + [1.5]),
    "spread": np.linspace(-2.0, 2.0, 8),
}
numbers = st.lists(st.floats(-5.0, 5.0), min_size=2, max_size=6)


def normal(values: np.ndarray) -> Callable[[float], list[Interval]]:
    def at(level: float) -> list[Interval]:
        arm = upper_normal_quantile((1.0 - level) / 2.0)
        return [Interval(value - arm, value + arm) for value in values]

    return at


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)
def test_each_end_errs_in_at_most_half_of_the_error_rate(truth: np.ndarray) -> None:
    generator = np.random.default_rng(7)
    errors = np.zeros(6)
    for _ in range(DRAWS):
        values = truth + generator.standard_normal(len(truth))
        most, least = largest_interval(normal(values), 0.9), smallest_interval(normal(values), 0.9)
        gap = largest_gap_between(values.tolist(), normal(values), 0.9)
        for place, (ends, true) in enumerate(
            [(most, truth.max()), (least, truth.min()), (gap, truth.max() - truth.min())]
        ):
            errors[2 * place] += ends.low > true + 1e-12
            errors[2 * place + 1] += ends.high < true - 1e-12
    # Three standard errors above 5%.
    assert (errors / DRAWS).max() < 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / DRAWS)


def test_looking_at_many_costs_the_end_that_refutes_and_not_the_one_that_holds() -> None:
    alone, among_many = (largest_interval(normal(np.zeros(count)), 0.95) for count in (1, 20))
    assert among_many.high == alone.high
    assert among_many.low == pytest.approx(-upper_normal_quantile(0.025 / 20))
    assert alone == pytest.approx((-1.96, 1.96), abs=1e-3)
    assert level_of_each(0.95, 20) == pytest.approx(0.9975)


@given(numbers, st.floats(0.5, 0.999))
def test_the_order_of_the_numbers_is_nothing_and_ends_are_in_order(values: list[float], level: float) -> None:
    turned = values[::-1]
    for combined in (largest_interval, smallest_interval):
        low, high = combined(normal(np.array(values)), level)
        assert low <= high
        assert (low, high) == combined(normal(np.array(turned)), level)
    low, high = largest_gap_between(values, normal(np.array(values)), level)
    assert 0.0 <= low <= high
    assert (low, high) == pytest.approx(largest_gap_between(turned, normal(np.array(turned)), level))


@given(numbers, st.booleans())
def test_two_numbers_lie_as_far_apart_as_their_paired_interval_says(values: list[float], independent: bool) -> None:
    intervals = [Interval(value - 0.1, value + 0.3) for value in values]
    estimates = [Estimate(value, interval) for value, interval in zip(values, intervals, strict=True)]
    for (one, other), gap in zip(
        combinations(estimates, 2), gaps_between(values, intervals, independent=independent), strict=True
    ):
        low, high = difference_interval(one, other, 0.0 if independent else -1.0)
        assert gap == pytest.approx((max(0.0, low, -high), max(high, -low)))


@given(numbers)
def test_numbers_that_may_depend_on_each_other_lie_apart_less_certainly(values: list[float]) -> None:
    apart, together = (
        largest_gap_between(values, normal(np.array(values)), 0.95, independent=independent)
        for independent in (True, False)
    )
    assert together.low <= apart.low
    assert together.high >= apart.high
