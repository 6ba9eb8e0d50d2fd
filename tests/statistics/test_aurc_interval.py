import numpy as np
import pytest

from pytest_llmcal.metrics.selective import aurc, e_aurc
from pytest_llmcal.statistics.aurc import aurc_interval


def drawn(n, seed):
    generator = np.random.default_rng(seed)
    confidence = generator.random(n)
    return confidence, generator.random(n) < confidence


@pytest.mark.parametrize(("area", "truth"), [(aurc, 0.25), (e_aurc, 0.25 - 0.5 + 0.5 * np.log(2.0))])
def test_each_end_errs_as_seldom_as_it_says(area, truth):
    """Confidence is uniform and calibrated: the risk of the first share t is t / 2, and its area a quarter."""
    ends = []
    for seed in range(400):
        answers = drawn(1000, seed)
        ends.append(aurc_interval(*answers, area(*answers), excess=area is e_aurc)(0.95))
    low, high = np.array(ends).T
    assert np.mean(low > truth) <= 0.048  # three standard errors above 0.025
    assert np.mean(high < truth) <= 0.048
    assert np.mean(high - low) < 0.08


def test_the_variance_is_that_of_draws():
    areas = [aurc(*drawn(1000, seed)) for seed in range(400)]
    answers = drawn(1000, 0)
    low, high = aurc_interval(*answers, aurc(*answers))(0.95)
    assert high - low == pytest.approx(2 * 1.96 * np.std(areas), rel=0.15)


@pytest.mark.parametrize("n", [2, 20, 500])
def test_sure_and_wrong_answers_may_be_unseen(n):
    unseen = 1.0 - 0.025 ** (1.0 / n)
    low, high = aurc_interval(np.linspace(0.5, 0.9, n), np.ones(n), 0.0)(0.95)
    assert (low, high) == (0.0, pytest.approx(unseen - unseen * np.log(unseen)))


def test_clusters_of_copies_say_no_more_than_one_of_each():
    confidence, correct = drawn(300, 0)
    one = aurc_interval(confidence, correct, aurc(confidence, correct))(0.95)
    copies = np.repeat(confidence, 4), np.repeat(correct, 4)
    many = aurc_interval(*copies, aurc(*copies), np.repeat(np.arange(300), 4))(0.95)
    assert many == pytest.approx(one, abs=2e-3)


def test_one_item_says_nothing():
    assert aurc_interval(np.array([0.5]), np.array([1]), 0.0)(0.95) == (0.0, 1.0)
    assert aurc_interval(np.array([0.5]), np.array([1]), 0.0, excess=True)(0.95) == (0.0, pytest.approx(np.log(2.0)))
