import pickle

import pytest

from pytest_llmcal import Measurement, Scores
from pytest_llmcal.measurement import MeasurementError


def by_hand(**changes: float) -> Measurement:
    fields = {"low": 0.4, "high": 0.6} | changes
    return Measurement(0.5, name="auroc", n=100, method="by hand", confidence=0.95, **fields)


@pytest.mark.parametrize("metric", ["accuracy", "brier", "nll", "auroc", "ece"])
def test_the_interval_at_another_level_is_the_one_measured_at_that_level(metric: str) -> None:
    scores = Scores([0.9, 0.8, 0.7, 0.6, 0.9, 0.55] * 50, [1, 1, 1, 0, 1, 0] * 50)
    measured = getattr(scores, metric)()
    again = measured.at(0.99)
    at_once = getattr(scores, metric)(confidence=0.99)
    assert (again.low, again.high, again.confidence) == (at_once.low, at_once.high, 0.99)
    assert again.low <= measured.low <= measured.high <= again.high


def test_a_measurement_made_by_hand_has_its_arms_scaled() -> None:
    wider = by_hand().at(0.99)
    assert (wider.low, wider.high) == pytest.approx((0.5 - 0.1 * 2.5758 / 1.96, 0.5 + 0.1 * 2.5758 / 1.96), abs=1e-4)


def test_scaled_arms_stay_within_what_the_metric_can_be() -> None:
    wide = by_hand(low=0.05, high=0.95).at(0.999)
    assert (wide.low, wide.high) == (0.0, 1.0)


def test_a_pickled_measurement_can_still_be_asked() -> None:
    accuracy = Scores([0.9] * 10, [1] * 10).accuracy()
    copy = pickle.loads(pickle.dumps(accuracy))
    assert (copy.low, copy.high) == (accuracy.low, accuracy.high)
    assert copy.at(0.99).low < accuracy.low


@pytest.mark.parametrize("level", [0.0, 1.0, 95, float("nan")])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(MeasurementError, match="between 0 and 1"):
        by_hand().at(level)
