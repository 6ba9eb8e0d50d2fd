import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics import proper_scores


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.data())
def test_the_brier_loss_is_the_sum_over_all_choices(weights, data):
    p = np.array(weights) / sum(weights)
    right = data.draw(st.integers(0, len(p) - 1))
    truth = np.eye(len(p))[right]
    assert proper_scores.brier_losses(p[None])[0, right] == pytest.approx(((p - truth) ** 2).sum())


@given(st.floats(0, 1))
def test_over_two_choices_it_is_twice_the_binary_one(confidence):
    both = proper_scores.brier_losses(np.array([[1 - confidence, confidence]]))
    assert both == pytest.approx(2 * proper_scores.binary_brier_losses(np.array([confidence])), abs=1e-12)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5))
def test_the_true_probabilities_have_the_smallest_expected_loss(weights):
    truth = np.array(weights) / sum(weights)
    other = np.roll(truth, 1)
    for losses in (proper_scores.brier_losses, lambda p: proper_scores.nll_losses(np.log(p))):
        assert truth @ losses(truth[None])[0] <= truth @ losses(other[None])[0] + 1e-12


def test_certain_answers_cost_nothing_or_everything():
    assert proper_scores.brier_losses(np.array([[1.0, 0.0]])).tolist() == [[0.0, 2.0]]
    assert proper_scores.nll_losses(np.array([[0.0, -np.inf]])).tolist() == [[0.0, np.inf]]
    assert proper_scores.binary_nll_losses(np.array([0.0, 1.0])).tolist() == [[0.0, np.inf], [np.inf, 0.0]]


def test_a_loss_of_nothing_has_no_minus_sign():
    assert not np.signbit(proper_scores.nll_losses(np.array([[0.0, -np.inf]]))).any()
    assert not np.signbit(proper_scores.binary_nll_losses(np.array([1.0]))).any()
