"""Gates on MMLU: knowledge of 57 subjects, answered by letter.

The data comes from the hub: `suites/hub/README.md` says how, and what to do without a network.
Copy the file and change the limits to what your release needs.
"""

import pytest

pytestmark = pytest.mark.llmcal(task="suites/hub/mmlu/mmlu.toml")


def test_confidence_can_be_trusted(scores):
    """Of the answers given with 0.9, about nine in ten are right."""
    assert scores.ece().below(0.1)


def test_more_confident_means_more_often_right(scores):
    """Accuracy rises with confidence, so that confidence can order answers or hold some back."""
    assert scores.reliability().is_monotone()


def test_temperature_scaling_repairs_it(score, calibrator, task):
    """One temperature, fitted on the calibration split, makes the confidence trustworthy and costs nothing."""
    repaired = calibrator("temperature").fit(score(task.calibration)).transform(score(task.test))
    assert repaired.ece().below(0.05)
    assert repaired.nll() <= score(task.test).nll() + 0.01  # a hundredth of a nat: within the noise of the fit


def test_it_is_less_sure_when_it_is_wrong(scores):
    """A right answer has the higher confidence of a right and a wrong one in clearly more than half of the pairs."""
    assert scores.auroc().above(0.6)
