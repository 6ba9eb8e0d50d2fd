import numpy as np
import pytest

from pytest_llmcal.statistics.monotonicity import groups_for, largest_drop, largest_drop_interval


def test_rising_accuracy_has_no_drop():
    right, count = np.array([200.0, 300.0, 390.0]), np.array([400.0] * 3)
    assert largest_drop(right, count) == 0.0
    assert largest_drop_interval(right, count, 0.95) == (0.0, 0.0)


def test_the_largest_drop_may_lie_between_groups_that_are_no_neighbours():
    assert largest_drop(np.array([90.0, 85.0, 70.0]), np.array([100.0] * 3)) == pytest.approx(0.2)


def test_all_right_and_all_wrong_groups_keep_their_doubt():
    low, high = largest_drop_interval(np.array([5.0, 5.0]), np.array([5.0, 5.0]), 0.95)
    assert low == 0.0
    assert high > 0.4


@pytest.mark.parametrize(
    "accuracies", [(0.7, 0.7, 0.7, 0.7, 0.7), (0.5, 0.6, 0.7, 0.8, 0.74), (0.5, 0.9, 0.6, 0.9, 0.6)]
)
def test_both_ends_err_rarely(accuracies):
    generator = np.random.default_rng(0)
    truth = max(0.0, max(a - b for i, a in enumerate(accuracies) for b in accuracies[i + 1 :]))
    ends = np.array(
        [
            largest_drop_interval(generator.binomial(200, accuracies).astype(float), np.full(5, 200.0), 0.95)
            for _ in range(1000)
        ]
    )
    # 2.5% promised; 1,000 draws show more than 4.3% by chance once in 5,000
    assert np.mean(ends[:, 0] > truth + 1e-12) < 0.043
    assert np.mean(ends[:, 1] < truth - 1e-12) < 0.043


def test_few_items_make_few_groups():
    assert [groups_for(n) for n in (1, 404, 405, 960, 2000, 100_000)] == [2, 2, 3, 4, 5, 10]
