"""Gates for short answers that the model writes.

On the embedded world by default; ``--llmcal-model`` and ``--llmcal-task`` put yours in its place. A task
description says that answers are written, and how they are judged: ``references = "answer"``.
Copy the file and change the limits to what your release needs.
"""

import pytest

pytestmark = pytest.mark.llmcal(task="world/qa-written")


@pytest.fixture(autouse=True)
def _open_task(task):
    if task.test.writing is None:
        pytest.skip("the task offers choices; these gates are about answers that are written")


def test_confidence_can_be_trusted(scores):
    """Of the answers written with confidence 0.9, about nine in ten are right.

    Graded by token F1, they are nine tenths right on average.
    """
    assert scores.ece().below(0.07)


def test_more_confident_means_more_often_right(scores):
    """What is right rises with confidence, so that confidence can order answers or hold some back."""
    assert scores.reliability().is_monotone()


def test_platt_scaling_repairs_it(score, calibrator, task):
    """Two numbers, fitted on the calibration split, make the confidence trustworthy and cost nothing."""
    if task.calibration is None:
        pytest.skip("the task keeps no calibration split")
    repaired = calibrator("platt").fit(score(task.calibration)).transform(score(task.test))
    assert repaired.ece().below(0.07)
    assert repaired.brier() <= score(task.test).brier() + 0.01  # within the noise of the fit


def test_confidence_can_be_trusted_in_every_group(scores):
    """Well calibrated on average is not enough if some people are served worse.

    Groups have fewer items, hence the wider limit.
    """
    if not scores.groups:
        pytest.skip("the task names no groups")
    verdicts = [part.ece().below(0.12) for name in scores.groups for part in scores.by_group(name).values()]
    assert all(verdicts)


def test_it_is_less_sure_when_it_is_wrong(scores):
    """A right answer has the higher confidence of a right and a wrong one in clearly more than half of the pairs."""
    assert scores.auroc().above(0.6)
