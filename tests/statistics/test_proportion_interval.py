import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from pytest_llmcal.statistics.proportion import clopper_pearson, consistency_band


@given(st.integers(1, 300), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_it_is_scipys_exact_interval(n, data, level):
    right = data.draw(st.integers(0, n))
    expected = binomtest(right, n).proportion_ci(level, method="exact")
    assert clopper_pearson(right, n, level) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_all_right_obeys_the_rule_of_three():
    assert clopper_pearson(100, 100, 0.90).low == pytest.approx(1 - 3 / 100, abs=0.001)


@given(st.floats(0, 1), st.integers(1, 5000))
def test_the_band_holds_ninety_five_of_a_hundred_draws(probability, count):
    low, high = (round(count * end[0]) for end in consistency_band(np.array([probability]), np.array([float(count)])))
    assert binom.cdf(high, count, probability) - binom.cdf(low - 1, count, probability) >= 0.95 - 1e-9
    assert 0 <= low <= high <= count
