"""Calibration errors that users ask scores for: kinds of bins, debiased, largest."""

import math

import numpy as np
import pytest
from hypothesis import given

from pytest_llmcal import Scores, strategies
from pytest_llmcal.metrics.bins import BINNINGS
from pytest_llmcal.scores import ScoresError


def answers(n, gap=0.0, seed=0):
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return Scores(confidence, generator.random(n) < confidence - gap)


@pytest.mark.parametrize("binning", BINNINGS)
def test_every_kind_of_bins_finds_an_error_of_a_tenth_with_its_interval(binning):
    scores = answers(4000, gap=0.1)
    scores = Scores(scores.confidence.round(2), scores.correct)
    ece = scores.ece(binning=binning)
    assert ece.low < 0.1 < ece.high
    assert float(ece) == pytest.approx(0.1, abs=0.02)
    assert ece.noise_floor.mean < 0.06
    assert ece.below(0.05).status == "refuted"


def test_few_confidences_are_bins_by_themselves_and_the_method_says_so():
    generator = np.random.default_rng(0)
    confidence = generator.integers(0, 11, 300) / 10
    ece = Scores(confidence, generator.random(300) < confidence).ece()
    assert ece.method.startswith("plug-in over 11 distinct confidences")
    assert [point.high for point in ece.curve] == [level / 10 for level in range(11)]


def test_debiased_errors_are_near_the_truth_on_average():
    for gap in (0.0, 0.1):
        drawn = [answers(300, gap, seed) for seed in range(200)]
        plain = np.mean([float(scores.ece()) for scores in drawn])
        debiased = np.mean([float(scores.ece(debias=True)) for scores in drawn])
        square = np.mean([float(scores.squared_ece()) for scores in drawn])
        assert abs(debiased - gap) < 0.6 * abs(plain - gap)
        assert square == pytest.approx(gap**2, abs=1.5e-3)


def test_the_root_of_the_unbiased_square_is_the_debiased_l2_error():
    scores = answers(500, 0.1)
    assert float(scores.ece(norm="l2", debias=True)) == pytest.approx(math.sqrt(scores.squared_ece()))


def test_an_unbiased_square_may_be_negative_and_its_root_is_zero():
    scores = Scores(np.full(10, 0.5), [0, 1] * 5)
    assert float(scores.squared_ece()) < 0.0
    assert float(scores.ece(norm="l2", debias=True)) == 0.0


@pytest.mark.parametrize("measure", [lambda s: s.squared_ece(), lambda s: s.ece(debias=True)])
def test_where_each_bin_has_one_item_nothing_is_known_about_chance(measure):
    with pytest.raises(ScoresError, match="a debiased error needs a bin of two items"):
        measure(Scores([0.5, 1.0], [1, 0]))


@given(strategies.scores())
def test_the_largest_gap_is_at_least_the_root_mean_square_one(scores):
    assert float(scores.mce(binning="uniform")) >= float(scores.ece(binning="uniform", norm="l2")) - 1e-12


def test_bins_with_few_items_can_be_left_out_of_the_largest_gap():
    scores = Scores([0.95] * 40 + [0.2], [1] * 38 + [0] * 2 + [1])
    assert float(scores.mce()) == pytest.approx(0.8)
    without = scores.mce(min_count=5)
    assert float(without) == pytest.approx(0.0, abs=1e-12)
    assert "leaving out 1 with fewer than 5 items" in without.method
    with pytest.raises(ScoresError, match="holds 50 items, the largest 40"):
        scores.mce(min_count=50)


@pytest.mark.slow
@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_both_ends_of_the_largest_gap_keep_their_level(gap):
    bins, truth = 5, None
    wrong = np.zeros(2)
    for seed in range(400):
        scores = answers(400, gap, seed)
        interval = scores.mce(bins, binning="uniform", confidence=0.9)
        chance = np.clip(scores.confidence - gap, 0.0, 1.0)
        index = np.ceil(scores.confidence * bins).astype(int)
        truth = max(abs((scores.confidence - chance)[index == b].mean()) for b in set(index))
        wrong += (interval.low > truth, interval.high < truth)
    assert (wrong / 400 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)).all()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"binning": "mass"}, "binning must be one of 'auto', 'uniform', 'equal-mass', 'unique', 'sweep', got 'mass'"),
        ({"norm": "l3"}, "norm must be 'l1' or 'l2', got 'l3'"),
        ({"bins": 0}, "bins must be a whole number of at least one, got 0"),
    ],
)
def test_what_is_not_allowed_is_named_with_what_is(asked, text):
    with pytest.raises(ScoresError, match=text):
        answers(10).ece(**asked)


def test_min_count_is_a_whole_number():
    with pytest.raises(ScoresError, match=r"min_count must be a whole number of at least one, got 0\.5"):
        answers(10).mce(min_count=0.5)
