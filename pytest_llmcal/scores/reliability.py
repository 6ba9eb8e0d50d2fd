"""The reliability curve as users hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_llmcal.measurement import Bin, Measurement, Verdict, judged
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.bins import BINNINGS, Binning, make_bins
from pytest_llmcal.scores.curve import corp_curve_of, curve_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.monotonicity import largest_drop
from pytest_llmcal.scores.measures.uncalibrated import beside_uncalibrated
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
        drop = beside_uncalibrated(largest_drop)(self.scores, confidence=confidence)
        judgement = judged(drop, holds=drop.high <= tolerance, refuted=lambda strict: strict.low > tolerance)
        undecided = judgement.open_to_items and not drop.low == 0.0 < drop.high == 1.0
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


def reliability(self: Scores, bins: int = 15, *, binning: Binning | Literal["corp"] = "uniform") -> Reliability:
    """Return accuracy against confidence, bin by bin.

    Parameters
    ----------
    bins : int
        Number of bins; ``"unique"``, ``"sweep"`` and ``"corp"`` find their own.
    binning : {"uniform", "auto", "equal-mass", "unique", "sweep", "corp"}
        As for ``ece``, or ``"corp"``: the pools of isotonic regression, whose accuracies rise by construction
        (Dimitriadis, Gneiting, Jordan 2021). Their band is that of the isotonic curve, drawn a thousand times
        from the confidences, at the mean confidence of each pool. What falls with confidence is pooled and not
        seen in it; ``is_monotone`` does not look at the bins and sees it.

    Raises
    ------
    ScoresError
        If an argument is none of those allowed.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> curve = Scores([0.5, 0.6, 0.7, 0.9], [0, 1, 0, 1]).reliability(binning="corp")
    >>> [(pool.low, pool.high, round(pool.accuracy, 4)) for pool in curve.bins]
    [(0.0, 0.5, 0.0), (0.5, 0.7, 0.5), (0.7, 0.9, 1.0)]
    """
    bins = checked_bins(bins)
    if binning == "corp":
        return Reliability(corp_curve_of(self.confidence, self.correct), self)
    if binning not in BINNINGS:
        raise ScoresError(f"binning must be one of {', '.join(map(repr, (*BINNINGS, 'corp')))}, got {binning!r}")
    chosen = make_bins(self.confidence, self.correct, bins, binning)
    sums = bin_sums(self.confidence, self.correct, chosen)
    return Reliability(curve_of(sums, chosen, graded=self.is_graded), self)


_CLAIM = "no more confident group of items is right less often than a less confident one, by more than {:.4g}"


def _reason(drop: Measurement) -> str:
    if drop.low == 0.0 and drop.high == 1.0:
        return f"there is {drop.method}, so nothing can rise or fall"
    return (
        f"the largest fall in accuracy was measured as {float(drop):.4g} on {drop.n} items, and with "
        f"{100 * drop.confidence:g}% confidence it truly lies between "
        f"{drop.low:.4g} and {drop.high:.4g} ({drop.method})"
    )
