"""Proper scores: Brier score and negative log-likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.losses import ItemLosses, brier_of, nll_of
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import contributions, members_of
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import mean_interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_HALL = "Hall's skewness-corrected t interval"


def brier(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the Brier score, the mean squared error of the probabilities.

    Over choices it is Brier's own sum over all of them, from 0 to 2; without
    choices the mean of (confidence - correct)^2, from 0 to 1.
    """
    losses = brier_of(self)
    kind = "sum over choices, from 0 to 2" if self.choices else "(confidence - correct)^2, from 0 to 1"
    return _mean(self, "brier", losses, confidence, kind)


def nll(self: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the mean negative log-likelihood in nats.

    Of the right choice; without choices, of correctness given confidence. Nothing
    is clipped: it is infinite if a right answer had probability zero.
    """
    losses = nll_of(self)
    kind = "of the right choice" if self.choices else "of correctness given confidence"
    finite = np.isfinite(losses.values)
    if not finite.all():
        why = f"{kind}; infinite: for {np.sum(~finite)} of {len(finite)} items what was right had probability zero"
        # What has happened once is possible, so the true mean is infinite for certain.
        return measured(self, "nll", math.inf, lambda _: Interval(math.inf, math.inf), confidence, why)
    return _mean(self, "nll", losses, confidence, kind)


def _mean(scores: Scores, name: str, losses: ItemLosses, confidence: float | None, kind: str) -> Measurement:
    members = members_of(scores.clusters)
    values = contributions(losses.values, members)
    return measured(
        scores,
        name,
        losses.values.mean(),
        lambda level: mean_interval(values, level, losses.possible),
        confidence,
        f"{kind}; {_HALL}" + ("" if members is None else f" over {len(values)} clusters"),
    )
