import numpy as np
import pytest
from shapes import CONFIDENCES, answers

from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.testing import examine

DRAWS = 60


@pytest.mark.parametrize("shape", CONFIDENCES)
@pytest.mark.parametrize("name", TESTS)
def test_few_items_of_a_calibrated_model_are_refuted_at_most_at_the_level(name, shape):
    p = np.array([examine(TESTS[name], *answers(shape, 40, seed)).p_value for seed in range(DRAWS)])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p <= level) <= level + 3 * np.sqrt(level * (1 - level) / DRAWS)


@pytest.mark.parametrize("name", TESTS)
def test_p_values_of_a_calibrated_model_are_spread_evenly(name):
    p = np.array([examine(TESTS[name], *answers("spread", 40, seed)).p_value for seed in range(DRAWS)])
    assert p.mean() == pytest.approx(0.5, abs=0.12)
    assert np.mean(p <= 0.3) == pytest.approx(0.3, abs=0.18)


@pytest.mark.parametrize("shape", ["spread", "ties"])
@pytest.mark.parametrize("name", ["kuiper", "kolmogorov-smirnov", "spiegelhalter", "hosmer-lemeshow"])
def test_the_law_for_many_items_is_that_of_redraws(name, shape, monkeypatch):
    confidence, correct = answers(shape, 4000, 3)
    for accuracy in (confidence, confidence - 0.015):
        correct = np.random.default_rng(3).random(4000) < accuracy
        law = examine(TESTS[name], confidence, correct)
        monkeypatch.setattr("pytest_llmcal.statistics.calibration_tests.testing.REDRAWN_UP_TO", 4000)
        redrawn = examine(TESTS[name], confidence, correct)
        monkeypatch.undo()
        assert (law.method, redrawn.method) == ("the law for many items", "redraws")
        assert law.p_value == pytest.approx(redrawn.p_value, abs=0.06, rel=0.3)


@pytest.mark.parametrize("name", ["kuiper", "spiegelhalter", "hosmer-lemeshow"])
def test_many_items_near_confidence_one_are_redrawn_as_few_are(name):
    # of 4,000 answers some 25 are wrong, and a normal law is no law for 25
    assert examine(TESTS[name], *answers("near one", 4000, 0)).method == "redraws"


def test_five_confidences_are_refuted_as_often_as_many_are():
    # a Brownian motion goes further than a walk of five steps: it would refute in 2%
    p = np.array([examine(TESTS["kuiper"], *answers("ties", 2500, seed)).p_value for seed in range(100)])
    assert np.mean(p <= 0.2) == pytest.approx(0.2, abs=0.12)
