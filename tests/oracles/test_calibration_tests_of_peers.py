"""Our tests by cumulative differences, and Spiegelhalter's, against those of MAPIE, where it is right."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs are not ours to mend
]


@pytest.fixture
def peer():
    name = "mapie.metrics.calibration"
    return pytest.importorskip(name, reason=f"{name} is the oracle; make test-slow installs it")


@pytest.fixture(params=[(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.9), (4, 1.1)])
def answers(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Give distinct confidences, and answers of models that are calibrated, over- and underconfident."""
    seed, power = request.param
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, 3000)
    return confidence, generator.random(3000) < 1.0 / (1.0 + (1.0 / confidence - 1.0) ** power)


def test_kolmogorov_smirnov(answers, peer):
    confidence, right = answers
    ours = Scores(confidence, right).calibration_test("kolmogorov-smirnov")
    assert ours.statistic == pytest.approx(peer.kolmogorov_smirnov_statistic(right.astype(int), confidence))
    assert ours.p_value == pytest.approx(peer.kolmogorov_smirnov_p_value(right.astype(int), confidence), abs=1e-6)


def test_kuiper(answers, peer):
    confidence, right = answers
    ours = Scores(confidence, right).calibration_test("kuiper")
    # Zero, the start of the walk, is no point of theirs, so that ours may go one step further;
    # and they add a little noise to the confidences.
    step = 1.0 / np.sqrt((confidence * (1 - confidence)).sum())
    theirs = peer.kuiper_statistic(right.astype(int), confidence)
    assert theirs - 1e-6 <= ours.statistic <= theirs + step
    assert ours.p_value == pytest.approx(peer.kuiper_p_value(right.astype(int), confidence), abs=0.1)
    assert ours.p_value == pytest.approx(1.0 - peer.kuiper_cdf(ours.statistic), abs=1e-6)


def test_spiegelhalter(answers, peer):
    confidence, right = answers
    ours = Scores(confidence, right).calibration_test("spiegelhalter")
    theirs = peer.spiegelhalter_statistic(right.astype(int), confidence)
    assert ours.statistic == pytest.approx(abs(theirs))
    one_sided = peer.spiegelhalter_p_value(right.astype(int), confidence)
    assert ours.p_value == pytest.approx(2.0 * min(one_sided, 1.0 - one_sided), abs=1e-6)
