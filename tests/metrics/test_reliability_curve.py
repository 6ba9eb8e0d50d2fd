import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.metrics.reliability import reliability_curve


def test_a_curve_has_one_point_for_each_bin_that_holds_items():
    curve = reliability_curve(bin_sums(np.array([0.05, 0.1, 0.95]), np.array([0, 1, 1]), 10))
    assert curve.low.tolist() == [0.0, 0.9]
    assert curve.high.tolist() == [0.1, 1.0]
    assert curve.count.tolist() == [2, 1]
    assert curve.confidence == pytest.approx([0.075, 0.95])
    assert curve.accuracy == pytest.approx([0.5, 1.0])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_accuracies_stay_within_zero_and_one(rows):
    confidence, right = (np.array(column) for column in zip(*rows, strict=True))
    curve = reliability_curve(bin_sums(confidence, right))
    assert ((curve.accuracy >= 0) & (curve.accuracy <= 1)).all()
    assert curve.count.sum() == len(rows)


@given(st.lists(st.sampled_from([0.2, 0.4, 0.6, 0.8]), min_size=1, max_size=40), st.integers(1, 6))
def test_equal_mass_groups_keep_ties_together_and_rise(levels, groups):
    confidence = np.array(levels)
    group = equal_mass_groups(confidence, groups)
    assert set(group) == set(range(group.max() + 1))
    assert group.max() < groups
    by_level = {level: set(group[confidence == level]) for level in sorted(set(levels))}
    assert all(len(members) == 1 for members in by_level.values())
    numbers = [members.pop() for members in by_level.values()]
    assert numbers == sorted(numbers)


def test_distinct_confidences_make_groups_of_equal_size():
    group = equal_mass_groups(np.random.default_rng(0).permutation(100) / 100, 5)
    assert np.bincount(group).tolist() == [20] * 5


def test_most_items_on_one_level_do_not_swallow_the_others():
    # scikit-learn's quantile bins turn 90 items at 0.8 and 10 at 0.3 into one point
    group = equal_mass_groups(np.repeat([0.8, 0.3], [90, 10]), 5)
    assert np.bincount(group).tolist() == [10, 90]
