"""A metric of calibrated scores knows what it was before, and by how much it changed."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.measurement import Observation, Uncalibrated
from pytest_llmcal.records import Record
from pytest_llmcal.scores.measures.change import change_of
from tests.every_metric import METRICS


def overconfident(items: int = 400, seed: int = 0) -> Scores:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (items, 3))
    labels = (logits + random.gumbel(0, 1, logits.shape)).argmax(axis=1)
    return Scores.from_logits(3 * logits, labels, ids=[f"{seed}-{i}" for i in range(items)])


@pytest.fixture(scope="module")
def calibrated() -> Scores:
    return calibrators.create("temperature").fit(overconfident()).transform(overconfident(seed=1))


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_carries_the_same_metric_of_the_scores_before(calibrated: Scores, metric: str) -> None:
    before = getattr(calibrated.before, metric)(confidence=0.9)
    carried = getattr(calibrated, metric)(confidence=0.9).uncalibrated
    assert (carried.estimate, carried.low, carried.high) == (float(before), before.low, before.high)
    assert before.uncalibrated is None


def test_arguments_of_the_metric_count_for_both(calibrated: Scores) -> None:
    assert calibrated.before is not None
    carried = calibrated.ece(5, norm="l2").uncalibrated
    assert carried is not None
    assert carried.estimate == float(calibrated.before.ece(5, norm="l2"))


def test_the_change_of_a_mean_is_paired(calibrated: Scores) -> None:
    assert calibrated.before is not None
    carried = calibrated.nll().uncalibrated
    assert carried is not None
    assert carried.change == pytest.approx(float(calibrated.nll()) - float(calibrated.before.nll()))
    assert carried.change_low is not None
    assert carried.change_high is not None
    assert carried.change_low < carried.change < carried.change_high < 0.0


def test_a_metric_that_was_infinite_before_has_changed_infinitely() -> None:
    sure, unsure = Scores([1.0, 1.0, 0.5], [0, 1, 1]), Scores([0.6, 0.9, 0.5], [0, 1, 1])
    change = change_of("nll", unsure, sure)
    assert change is not None
    assert (float(change), change.low, change.high) == (-math.inf,) * 3
    assert change_of("nll", sure, sure) is None


def test_the_change_of_the_calibration_error_is_that_of_the_comparison(calibrated: Scores) -> None:
    assert calibrated.before is not None
    carried, difference = calibrated.ece(10).uncalibrated, calibrated.compare(calibrated.before).ece(10)
    assert carried is not None
    assert (carried.change, carried.change_low, carried.change_high) == (
        float(difference),
        difference.low,
        difference.high,
    )


def test_items_without_names_are_the_same_all_the_same() -> None:
    scores = Scores([0.95] * 400, [1, 1, 1, 0] * 100)
    carried = scores.recalibrated_confidence(np.full(400, 0.76), "constant").brier().uncalibrated
    assert carried is not None
    assert carried.change == pytest.approx(0.76**2 - 2 * 0.76 * 0.75 - 0.95**2 + 2 * 0.95 * 0.75)


def test_the_change_of_a_clipped_score_is_that_of_the_clipped_scores(calibrated: Scores) -> None:
    assert calibrated.before is not None
    for carried in (calibrated.nll(clip=0.01).uncalibrated, calibrated.nll(0.01).uncalibrated):
        assert carried is not None
        assert carried.change == float(calibrated.compare(calibrated.before).nll(clip=0.01))


def test_what_cannot_be_measured_before_is_left_unsaid() -> None:
    one_a_bin = Scores([0.1, 0.3, 0.5, 0.7, 0.9], [0, 1, 0, 1, 1])
    together = one_a_bin.recalibrated_confidence(np.full(5, 0.6), "constant")
    assert together.squared_ece(binning="uniform").uncalibrated is None


def test_it_passes_through_pickle_another_level_and_a_record(calibrated: Scores) -> None:
    measured = calibrated.nll()
    assert isinstance(measured.uncalibrated, Uncalibrated)
    assert pickle.loads(pickle.dumps(measured)).uncalibrated == measured.uncalibrated
    assert measured.at(0.9).uncalibrated == measured.uncalibrated
    written = Record.of(Observation(measured, "<", 2.0, "true", "said"), 1)
    assert (written.before_estimate, written.change_high) == (
        measured.uncalibrated.estimate,
        measured.uncalibrated.change_high,
    )
    assert written.measurement().uncalibrated == measured.uncalibrated


def test_the_drop_of_a_reliability_curve_knows_it_too(calibrated: Scores) -> None:
    assert calibrated.reliability().is_monotone().measurement.uncalibrated is not None
