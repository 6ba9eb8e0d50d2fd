"""How many items have no confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.measures.measured import level_of
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def unanswered(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the share of all items that are left out because they have no confidence, with the exact interval.

    The items left out belong to no cluster that is known, so all items count as independent.

    Parameters
    ----------
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 95, [1] * 95, left_out={str(item): "unparseable" for item in range(5)})
    >>> scores.unanswered()
    unanswered=0.0500 [0.0164, 0.1128] at 95%, n=100
    """
    missing = len(self.left_out)
    n, level = len(self) + missing, level_of(confidence)

    def interval_at(asked: float) -> tuple[float, float]:
        return clopper_pearson(missing, n, asked)

    low, high = interval_at(level)
    return Measurement(
        missing / n,
        name="unanswered",
        low=low,
        high=high,
        n=n,
        method="share of all items that are left out; Clopper-Pearson interval",
        confidence=level,
        about=self.about,
        scores=self,
        interval_at=interval_at,
    )
