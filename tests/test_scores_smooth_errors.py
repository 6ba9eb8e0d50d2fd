"""Calibration errors without bins, as users ask scores for them."""

import numpy as np
import pytest
from hypothesis import given, settings

from pytest_llmcal import Scores, strategies
from pytest_llmcal.scores import ScoresError


def answers(n, gap=0.0, seed=0):
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return Scores(confidence, generator.random(n) < confidence - gap)


@settings(max_examples=25, deadline=None)
@given(scores=strategies.perfect_steps())
def test_a_perfect_step_model_has_no_smooth_error(scores):
    assert float(scores.smooth_ece()) == pytest.approx(0.0, abs=1e-9)


def test_smooth_ece_finds_an_error_of_a_tenth_and_refutes_a_twentieth():
    smooth = answers(2000, gap=0.1).smooth_ece()
    assert smooth.low < 0.1 < smooth.high
    assert float(smooth) == pytest.approx(0.1, abs=0.02)
    assert smooth.debiased <= float(smooth)
    assert smooth.below(0.05).status == "refuted"


def test_of_few_items_of_a_perfect_model_smooth_ece_lies_at_its_noise_floor():
    smooth = answers(200).smooth_ece()
    assert smooth.noise_floor.mean == pytest.approx(0.046, abs=0.006)
    assert smooth.noise_floor.p95 == pytest.approx(0.065, abs=0.008)
    assert smooth.low == 0.0


def test_the_kernel_error_has_no_noise_floor_and_may_be_negative():
    found = [answers(100, seed=seed).skce() for seed in range(20)]
    assert min(map(float, found)) < 0.0 < max(map(float, found))
    assert all(measurement.noise_floor is None for measurement in found)


def test_the_kernel_error_of_a_constant_gap_at_one_confidence_is_its_square():
    scores = Scores([0.9] * 2000, np.arange(2000) < 1400)
    skce = scores.skce()
    assert float(skce) == pytest.approx(0.04, abs=1e-3)
    assert skce.above(0.02).status == "holds"
    assert "bandwidth 0.1" in skce.method


@pytest.mark.parametrize("bandwidth", [0.0, 0.001, 11.0, float("nan"), "wide", None])
def test_a_bandwidth_of_the_kernel_error_that_is_none_is_refused(bandwidth):
    with pytest.raises(ScoresError, match=r"bandwidth must lie between 0\.002 and 10"):
        answers(10).skce(bandwidth=bandwidth)


@pytest.mark.parametrize("bandwidth", [0.0, -1.0, float("inf"), float("nan"), "wide"])
def test_a_bandwidth_by_density_that_is_none_is_refused(bandwidth):
    with pytest.raises(ScoresError, match="bandwidth must be a number above 0"):
        answers(10).kde_ece(bandwidth=bandwidth)


@pytest.mark.parametrize("items", [0, 1, True, 2.5, "many"])
def test_a_number_of_items_that_is_none_is_refused(items):
    with pytest.raises(ScoresError, match="items must be a whole number of at least two"):
        answers(10).kde_ece(items=items)


@pytest.mark.parametrize("metric", ["skce", "kde_ece"])
def test_one_item_has_no_other_to_be_compared_with(metric):
    with pytest.raises(ScoresError, match=f"{metric} compares items with each other"):
        getattr(Scores([0.7], [1]), metric)()


def test_of_many_items_some_are_drawn_and_the_method_says_how_many():
    scores = answers(900, gap=0.1)
    kde = scores.kde_ece(items=300)
    assert "on 300 of 900 items" in kde.method
    assert kde.n == 900
    order = np.random.default_rng(5).permutation(900)
    again = Scores(scores.confidence[order], scores.correct[order]).kde_ece(items=300)
    assert (float(again), again.low, again.high) == pytest.approx((float(kde), kde.low, kde.high), abs=1e-9)
    assert kde.low < 0.1 < kde.high


def test_a_given_bandwidth_is_taken_as_it_is():
    assert "bandwidth 0.25;" in answers(50).kde_ece(bandwidth=0.25).method


def test_clusters_of_copies_are_as_wide_as_the_items_they_copy():
    once = answers(150, gap=0.1)
    copies = Scores(
        np.repeat(once.confidence, 8), np.repeat(once.correct, 8), clusters=[f"c{i // 8}" for i in range(1200)]
    )
    for metric in ("smooth_ece", "skce"):
        single, copied = getattr(once, metric)(), getattr(copies, metric)()
        assert "150 clusters" in copied.method
        assert copied.low == pytest.approx(single.low, abs=0.02)
        assert copied.high == pytest.approx(single.high, rel=0.15)
    assert float(copies.skce()) == pytest.approx(float(once.skce()), abs=2e-3)
    assert copies.smooth_ece().noise_floor.mean == pytest.approx(once.smooth_ece().noise_floor.mean, rel=0.2)


def test_the_true_error_is_given_where_it_is_known():
    generator = np.random.default_rng(0)
    truth = generator.dirichlet([2.0, 1.0, 1.0], 400)
    labels = [generator.choice(3, p=row) for row in truth]
    perfect = Scores.from_probabilities(truth, labels, truth=truth)
    assert perfect.smooth_ece().exact == pytest.approx(0.0, abs=1e-9)
    assert perfect.skce().exact == pytest.approx(0.0, abs=1e-9)
    assert perfect.kde_ece().exact < 0.03
