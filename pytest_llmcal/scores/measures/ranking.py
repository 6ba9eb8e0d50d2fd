"""How often answers are right, and whether confidence puts the right ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics import ranking
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.measures.proportion import proportion
from pytest_llmcal.statistics.auroc import auroc_design_effect, auroc_interval_of_counts
from pytest_llmcal.statistics.clusters import INDEPENDENT, members_of

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def accuracy(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the share of right answers, with the Clopper-Pearson interval.

    Of graded correctness it is the mean, with Hall's skewness-corrected t interval.
    """
    return proportion(self, "accuracy", self.correct, confidence)


def auroc(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure how often a right answer has more confidence than a wrong one, ties counting half.

    Raises
    ------
    ScoresError
        If all answers are right, or all are wrong, or correctness is graded: it compares the right with the wrong.
    """
    if self.is_graded:
        raise ScoresError(
            "auroc compares right answers with wrong ones, and correctness here is graded; say from which grade on an "
            "answer is right, Scores(confidence, correct >= 0.5), or take aurc, which weighs each answer by its grade"
        )
    if self.correct.all() or not self.correct.any():
        kind = "right" if self.correct.all() else "wrong"
        raise ScoresError(f"auroc compares right answers with wrong ones, but all {len(self)} answers are {kind}")
    members = members_of(self.clusters)
    rights, wrongs = ranking.counts_by_level(self.confidence, self.correct)
    effect = INDEPENDENT if members is None else auroc_design_effect(self.confidence, self.correct, members)
    return measured(
        self,
        "auroc",
        ranking.auroc_of_counts(rights, wrongs),
        lambda level: auroc_interval_of_counts(rights, wrongs, level, effect.design),
        confidence,
        "score interval with DeLong's variance",
        effect=effect,
    )
