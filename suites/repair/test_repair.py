"""Gates for what repairs a model: a short one for each family of calibrators.

On the embedded world by default; ``--llmcal-model`` and ``--llmcal-task`` put yours in its place. Copy what suits.
A model is repaired by training, too: ``llmcal distill`` makes a student, which is gated like any other model.
"""

import pytest

from pytest_llmcal.calibrators import Abstention, ConformalSets

pytestmark = pytest.mark.llmcal(task="world/qa")


@pytest.fixture
def calibration(score, task):
    """Give the scores to fit on: never those that are judged."""
    if task.calibration is None:
        pytest.skip("the task keeps no calibration split")
    return score(task.calibration)


@pytest.mark.parametrize(
    "name",
    [
        "temperature",  # one number for all logits
        "structured-matrix",  # all choices' logits, as far as the items allow
        "isotonic",  # any rising map of the confidence
        "annealing",  # whatever metric is asked for
        "auto",  # the simplest that is as good as the best
    ],
)
def test_calibrating_costs_nothing(name, calibration, scores, calibrator):
    """On new items the calibrated model is at most a hundredth worse, and its confidence can be trusted."""
    after = calibrator(name).fit(calibration).transform(scores)
    assert after.not_worse_than(after.before, 0.01, metric="brier")
    assert after.ece().below(0.06)


def test_a_preference_for_choices_can_be_taken_off(calibration, scores, calibrator):
    """Batch calibration needs no right answers; where nothing is preferred it must not harm much."""
    after = calibrator("batch").fit(calibration).transform(scores)
    assert after.not_worse_than(scores, 0.05, metric="brier")


def test_what_it_answers_is_nearly_always_right(calibration, scores):
    """With the least sure answers held back, at most one in five of the others is wrong."""
    answers = scores.abstain(Abstention(risk=0.15).fit(calibration))
    assert answers.coverage.above(0.3)
    assert answers.answered.accuracy().above(0.8)


def test_answer_sets_hold_the_right_choice(calibration, scores):
    """Sets of choices that promise nine in ten keep the promise, and are not everything."""
    sets = ConformalSets(coverage=0.9).fit(calibration).sets(scores)
    assert sets.coverage().above(0.86)
    assert sets.size().below(3.0)
