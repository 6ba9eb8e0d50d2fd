import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.statistics.mean import mean_interval


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_mean_lies_inside(values):
    low, high = mean_interval(np.array(values), 0.95, (0.0, 1.0))
    assert low <= np.mean(values) + 1e-12
    assert high >= np.mean(values) - 1e-12


def test_one_item_bounds_nothing():
    assert mean_interval(np.array([0.3]), 0.95, (0.1, 0.8)) == pytest.approx((0.1, 0.8))


def test_equal_losses_leave_room_for_what_was_not_seen():
    low, high = mean_interval(np.full(50, 0.01), 0.95, (0.01, 0.81))
    share = 1 - 0.025 ** (1 / 50)
    assert low == pytest.approx(0.01)
    assert high == pytest.approx((1 - share) * 0.01 + share * 0.81)


def test_equal_losses_that_might_have_been_infinite_have_no_upper_end():
    assert mean_interval(np.zeros(50), 0.95, (0.0, math.inf)) == (0.0, math.inf)


@pytest.mark.parametrize("n", [30, 300])
def test_both_ends_of_a_skewed_mean_err_rarely(n):
    generator = np.random.default_rng(0)
    ends = np.array([mean_interval(generator.exponential(size=n), 0.95, (0.0, math.inf)) for _ in range(600)])
    # 2.5% promised; 600 draws show more than 5% by chance once in 5,000
    assert np.mean(ends[:, 0] > 1.0) < 0.05
    assert np.mean(ends[:, 1] < 1.0) < 0.05


def test_without_skewness_it_is_students_interval():
    values = np.array([0.0, 1.0] * 10)
    error = values.std(ddof=1) / math.sqrt(20)
    assert mean_interval(values, 0.95, (0.0, 1.0)) == pytest.approx(
        (0.5 - 2.093 * error, 0.5 + 2.093 * error), abs=1e-3
    )
