"""Gates on XSum: articles that the model sums up in one sentence.

The data comes from the hub: `suites/hub/README.md` says how, and what to do without a network.
Copy the file and change the limits to what your release needs.
"""

import pytest

# The probability of a long text is next to nothing; the mean over its tokens is of another size.
pytestmark = pytest.mark.llmcal(task="suites/hub/xsum/xsum.toml", confidence="sequence_mean")


def test_confidence_can_be_trusted(scores):
    """What is written with confidence 0.9 is nine tenths right on average, as graded by ROUGE-L."""
    assert scores.ece().below(0.2)


def test_more_confident_means_more_often_right(scores):
    """What is right rises with confidence, so that confidence can order answers or hold some back."""
    assert scores.reliability().is_monotone()


def test_platt_scaling_repairs_it(score, calibrator, task):
    """Two numbers, fitted on the calibration split, make the confidence trustworthy and cost nothing."""
    repaired = calibrator("platt").fit(score(task.calibration)).transform(score(task.test))
    assert repaired.ece().below(0.1)
    assert repaired.brier() <= score(task.test).brier() + 0.01  # within the noise of the fit


def test_it_summarises(scores):
    """Calibration alone would be content with a model that knows nothing and says so."""
    assert scores.accuracy().above(0.15)
