"""How often answers are right, and whether confidence puts the right ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics import ranking
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.auroc import auroc_interval
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def accuracy(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the share of right answers, with the Clopper-Pearson interval."""
    right, n = int(self.correct.sum()), len(self)
    value = ranking.accuracy(self.correct)
    return measured(
        self,
        "accuracy",
        value,
        lambda level: clopper_pearson(right, n, level),
        confidence,
        "Clopper-Pearson interval",
    )


def auroc(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure how often a right answer has more confidence than a wrong one, ties counting half.

    Raises
    ------
    ScoresError
        If all answers are right, or all are wrong.
    """
    if self.correct.all() or not self.correct.any():
        kind = "right" if self.correct.all() else "wrong"
        raise ScoresError(f"auroc compares right answers with wrong ones, but all {len(self)} answers are {kind}")
    return measured(
        self,
        "auroc",
        ranking.auroc(self.confidence, self.correct),
        lambda level: auroc_interval(self.confidence, self.correct, level),
        confidence,
        "score interval with DeLong's variance",
    )
