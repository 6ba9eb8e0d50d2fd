"""Proper scores: Brier score and negative log-likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.losses import ItemLosses, brier_of, clipped_items, nll_of
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.validation import checked_clip
from pytest_llmcal.statistics.clusters import contributions, members_of
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import HALL, mean_interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def brier(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the Brier score, the mean squared error of the probabilities.

    Over choices it is Brier's own sum over all of them, from 0 to 2; without
    choices the mean of (confidence - correct)^2, from 0 to 1. Of graded correctness what it varies is in it too.
    """
    losses = brier_of(self)
    kind = "sum over choices, from 0 to 2" if self.choices else "(confidence - correct)^2, from 0 to 1"
    return _mean(self, "brier", losses, confidence, kind)


def nll(self: Scores, clip: float | None = None, *, confidence: float | None = None) -> Measurement:
    """Measure the mean negative log-likelihood in nats.

    Of the right choice; without choices, of correctness given confidence: of graded correctness y the cross entropy
    -(y log c + (1 - y) log(1 - c)), which is least where the confidence c is the mean of y. Nothing is clipped
    unless asked for: it is infinite if what was right had probability zero.

    Parameters
    ----------
    clip : float, optional
        Least probability that what was right counts with, above 0 and at most 0.5. No item then costs
        more than -ln(clip), and what is measured, and its interval, is the clipped score: no longer a proper one.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If ``clip`` is no such probability.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([1.0, 1.0], [1, 0])
    >>> float(scores.nll()), round(float(scores.nll(clip=1e-3)), 3)
    (inf, 3.454)
    """
    losses = nll_of(self, checked_clip(clip))
    kind = "of the right choice" if self.choices else "of correctness given confidence"
    if clip is not None:
        clipped = clipped_items(self, clip)
        kind += f", probabilities below {clip:g} counted as {clip:g} ({clipped} of {len(self)} items)"
    finite = np.isfinite(losses.values)
    if not finite.all():
        why = f"{kind}; infinite: for {np.sum(~finite)} of {len(finite)} items what was right had probability zero"
        # What has happened once is possible, so the true mean is infinite for certain.
        return measured(self, "nll", math.inf, lambda _: Interval(math.inf, math.inf), confidence, why)
    return _mean(self, "nll", losses, confidence, kind, most=math.inf if clip is None else -math.log(clip))


def _mean(
    scores: Scores, name: str, losses: ItemLosses, confidence: float | None, kind: str, most: float = math.inf
) -> Measurement:
    members = members_of(scores.clusters)
    values = contributions(losses.values, members)
    return measured(
        scores,
        name,
        losses.values.mean(),
        lambda level: _at_most(most, mean_interval(values, level, losses.possible)),
        confidence,
        f"{kind}; {HALL}" + ("" if members is None else f" over {len(values)} clusters"),
    )


def _at_most(most: float, ends: Interval) -> Interval:
    return Interval(min(ends.low, most), min(ends.high, most))
