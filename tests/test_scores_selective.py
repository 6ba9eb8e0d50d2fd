import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scores import ScoresError


def calibrated(n=2000, seed=0, **more):
    generator = np.random.default_rng(seed)
    confidence = generator.random(n)
    return Scores(confidence, generator.random(n) < confidence, **more)


def test_full_coverage_is_accuracy_interval_and_all():
    scores = calibrated(clusters=[str(i // 4) for i in range(2000)])
    at_all, accuracy = scores.accuracy_at_coverage(1.0), scores.accuracy()
    assert (float(at_all), at_all.low, at_all.high) == pytest.approx((float(accuracy), accuracy.low, accuracy.high))


def test_a_gate_on_the_surest_answers_can_be_decided():
    scores = calibrated(20_000)
    assert scores.accuracy_at_coverage(0.5).above(0.72).status == "holds"
    assert scores.accuracy_at_coverage(0.5).above(0.78).status == "refuted"
    assert scores.coverage_at_risk(0.25).above(0.4).status == "holds"
    assert scores.coverage_at_risk(0.25).above(0.6).status == "refuted"
    assert scores.aurc().below(0.3).status == "holds"
    assert scores.e_aurc().below(0.01).status == "refuted"


def test_a_method_says_what_was_accepted():
    assert (
        calibrated().accuracy_at_coverage(0.25).method.startswith("accuracy of the 500 most confident, coverage 0.25")
    )
    assert "at most 0.1 wrong" in calibrated().coverage_at_risk(0.1).method


@pytest.mark.parametrize("measure", ["aurc", "e_aurc", "accuracy", "coverage"])
def test_clusters_of_copies_widen_the_interval_as_if_they_were_not_there(measure):
    ask = {
        "aurc": Scores.aurc,
        "e_aurc": Scores.e_aurc,
        "accuracy": lambda scores: scores.accuracy_at_coverage(0.6),
        "coverage": lambda scores: scores.coverage_at_risk(0.3),
    }[measure]
    one = calibrated(400)
    copies = np.repeat(one.confidence, 5), np.repeat(one.correct, 5)
    alone, clustered = Scores(*copies), Scores(*copies, clusters=[str(i) for i in range(400) for _ in range(5)])
    widths = [there.high - there.low for there in map(ask, (one, alone, clustered))]
    assert widths[1] < 0.6 * widths[0]
    assert 0.9 * widths[0] < widths[2] < 1.5 * widths[0]


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.1, float("nan"), "0.5", True, None])
def test_a_coverage_that_is_none_is_refused(bad):
    with pytest.raises(ScoresError, match="coverage must be"):
        calibrated(10).accuracy_at_coverage(bad)


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan"), "0.5"])
def test_a_risk_that_is_none_is_refused(bad):
    with pytest.raises(ScoresError, match="risk must be a number from 0 to 1"):
        calibrated(10).coverage_at_risk(bad)
