import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import Scores, strategies
from pytest_llmcal.metrics.bins import BINNINGS
from pytest_llmcal.scores import ScoresError


def drawn(n, seed=0, power=1.0):
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.35, 0.97, n)
    return Scores(confidence, generator.random(n) < confidence**power)


@pytest.mark.parametrize("binning", [*BINNINGS, "corp"])
@settings(max_examples=30)
@given(scores=strategies.scores(), seed=st.integers(0, 1000))
def test_bins_of_every_kind_hold_all_items_in_any_order(binning, scores, seed):
    curve = scores.reliability(6, binning=binning).bins
    assert sum(one.count for one in curve) == len(scores)
    assert sum(one.count * one.accuracy for one in curve) == pytest.approx(scores.correct.sum())
    for one in curve:
        assert one.low <= one.confidence + 1e-9
        assert one.confidence <= one.high + 1e-9
        assert 0.0 <= one.band_low <= one.band_high <= 1.0
    order = np.random.default_rng(seed).permutation(len(scores))
    back = Scores(scores.confidence[order], scores.correct[order]).reliability(6, binning=binning).bins
    assert [(one.low, one.high, one.count, one.accuracy) for one in back] == [
        (one.low, one.high, one.count, pytest.approx(one.accuracy)) for one in curve
    ]


@settings(max_examples=30)
@given(scores=strategies.scores())
def test_the_accuracies_of_isotonic_pools_rise(scores):
    curve = scores.reliability(binning="corp").bins
    assert (np.diff([one.accuracy for one in curve]) > 0.0).all()


def test_the_default_is_still_uniform():
    scores = drawn(200)
    assert scores.reliability(7).bins == scores.reliability(7, binning="uniform").bins


def test_a_calibrated_model_leaves_the_band_of_isotonic_pools_rarely_and_an_overconfident_one_often():
    def outside(power):
        bins = [one for seed in range(15) for one in drawn(1000, seed, power).reliability(binning="corp").bins]
        leaves = np.array([not one.band_low <= one.accuracy <= one.band_high for one in bins])
        return np.average(leaves, weights=[one.count for one in bins])

    assert 0.0 < outside(1.0) < 0.09
    assert outside(2.0) > 0.9


def test_the_band_of_one_confidence_is_that_of_a_proportion():
    (one,) = Scores([0.5] * 100, [1] * 50 + [0] * 50).reliability(binning="corp").bins
    assert (one.band_low, one.band_high) == pytest.approx((0.4, 0.6), abs=0.011)


def test_a_fall_is_pooled_but_not_overlooked():
    falling = Scores(np.repeat([0.5, 0.9], 200), np.tile([1, 1, 1, 0], 100) * np.repeat([1, 0], 200))
    curve = falling.reliability(binning="corp")
    assert len(curve.bins) == 1
    assert curve.is_monotone().status == "refuted"


def test_many_items_take_no_longer_than_few():
    started = time.perf_counter()
    drawn(100_000).reliability(binning="corp")
    assert time.perf_counter() - started < 5.0


def test_a_kind_of_bins_that_is_none_is_refused():
    with pytest.raises(ScoresError, match=r"binning must be one of 'auto', .*'corp', got 'isotonic'"):
        drawn(10).reliability(binning="isotonic")
    with pytest.raises(ScoresError, match="bins must be a whole number"):
        drawn(10).reliability(0, binning="corp")
