import numpy as np
import pytest

from benchmarks.interval_coverage import misses
from pytest_llmcal.metrics.ranking import auroc
from pytest_llmcal.statistics.auroc import auroc_interval


def test_complete_separation_does_not_make_certain():
    low, high = auroc_interval(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]), 0.95)
    assert low < 0.6
    assert high == 1.0
    low, high = auroc_interval(np.array([0.1, 0.2, 0.8, 0.9]), np.array([1, 1, 0, 0]), 0.95)
    assert low == 0.0
    assert high > 0.4


def test_one_answer_of_each_kind_bounds_little():
    low, high = auroc_interval(np.array([0.1, 0.9]), np.array([0, 1]), 0.95)
    assert low < 0.3
    assert high == 1.0


def test_large_samples_have_the_interval_of_delong():
    generator = np.random.default_rng(0)
    confidence = generator.beta(5, 1.5, 20_000)
    correct = generator.random(20_000) < confidence
    low, high = auroc_interval(confidence, correct, 0.95)
    rights, wrongs = confidence[correct], np.sort(confidence[~correct])
    below = np.searchsorted(wrongs, rights) / len(wrongs)
    above = 1 - np.searchsorted(np.sort(rights), wrongs) / len(rights)
    error = np.sqrt(below.var(ddof=1) / len(rights) + above.var(ddof=1) / len(wrongs))
    estimate = auroc(confidence, correct)
    assert (low, high) == pytest.approx((estimate - 1.96 * error, estimate + 1.96 * error), abs=2e-4)


@pytest.mark.parametrize("levels", [np.linspace(0.35, 0.97, 1000), np.array([0.6, 0.7, 0.8, 0.9])])
def test_both_ends_err_rarely(levels):
    generator = np.random.default_rng(1)
    share_right, share_wrong = levels / levels.sum(), (1 - levels) / (1 - levels).sum()
    truth = share_right @ (np.cumsum(share_wrong) - 0.5 * share_wrong)
    ends = []
    for _ in range(500):
        confidence = generator.choice(levels, 60)
        ends.append(auroc_interval(confidence, generator.random(60) < confidence, 0.95))
    low, high = np.array(ends).T
    # 2.5% promised; 500 draws show more than 5.5% by chance once in 5,000
    assert np.mean(low > truth) < 0.055
    assert np.mean(high < truth) < 0.055


@pytest.mark.parametrize(("shape", "n"), [("rare and wrong", 100), ("very rare, wrong and sure", 500)])
def test_few_wrong_answers_leave_room_for_those_that_were_not_seen(shape, n):
    assert max(misses(shape, n, draws=400, metrics=["auroc"])["auroc"]) <= 5.0


def test_two_wrong_answers_at_the_bottom_do_not_exclude_others_at_the_top():
    confidence = np.append(np.linspace(0.6, 0.9, 98), [0.1, 0.2])
    low, high = auroc_interval(confidence, np.append(np.ones(98), [0, 0]), 0.95)
    assert low == pytest.approx(0.025 ** (1 / 2))  # both seen are a share of the wrong ones as small as this
    assert high == 1.0
