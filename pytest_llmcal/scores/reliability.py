"""The reliability curve as users hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcal.measurement import Bin, Measurement, Verdict, judged
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.scores.curve import curve_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.monotonicity import largest_drop
from pytest_llmcal.scores.validation import checked_bins

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


@dataclass(frozen=True)
class Reliability:
    """Accuracy against confidence.

    Attributes
    ----------
    bins : tuple of Bin
        The bins that hold items, by rising confidence, with the 95% band of a
        perfectly calibrated model.
    scores : Scores
        What the curve was drawn from.
    """

    bins: tuple[Bin, ...]
    scores: Scores

    def is_monotone(self, tolerance: float = 0.05, *, confidence: float | None = None) -> Verdict:
        """Judge the claim that no more confident group of items is right less often, by more than ``tolerance``.

        The items are cut into two to ten groups of about equal size by confidence,
        equal confidences together. The claim speaks of every pair of groups.

        Parameters
        ----------
        tolerance : float
            The drop in accuracy that is let pass, from 0 to 1. No finite sample can
            show that there is none at all.
        confidence : float, optional
            Level of the interval; that of the rules in force by default.

        Returns
        -------
        Verdict
            Holds if the largest drop is at most the tolerance, refuted if it is more,
            undecided if the items cannot tell. Always undecided where all items have
            one confidence.
        """
        if not 0.0 <= tolerance <= 1.0:
            raise ScoresError(f"tolerance must lie between 0 and 1, got {tolerance!r}")
        drop = largest_drop(self.scores, confidence=confidence)
        judgement = judged(drop, holds=drop.high <= tolerance, refuted=lambda strict: strict.low > tolerance)
        undecided = judgement.status == "undecided" and not judgement.note and not drop.low == 0.0 < drop.high == 1.0
        needed = drop.items_needed(tolerance) if undecided else None
        return Verdict(
            judgement.status,
            "is_monotone",
            _CLAIM.format(tolerance),
            _reason(drop) + judgement.note + (f"; about {needed} items would decide it" if needed else ""),
            drop,
            float(tolerance),
            needed,
            p_value=judgement.p_value,
            share=judgement.share,
        )


def reliability(self: Scores, bins: int = 15) -> Reliability:
    """Return accuracy against confidence, bin by bin."""
    return Reliability(curve_of(bin_sums(self.confidence, self.correct, checked_bins(bins))), self)


_CLAIM = "no more confident group of items is right less often than a less confident one, by more than {:.4g}"


def _reason(drop: Measurement) -> str:
    if drop.low == 0.0 and drop.high == 1.0:
        return f"there is {drop.method}, so nothing can rise or fall"
    return (
        f"the largest fall in accuracy was measured as {float(drop):.4g} on {drop.n} items, and with "
        f"{100 * drop.confidence:g}% confidence it truly lies between "
        f"{drop.low:.4g} and {drop.high:.4g} ({drop.method})"
    )
