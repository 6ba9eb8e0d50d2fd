"""By how much a calibrator changed a metric: the one place where that difference is taken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.losses import brier_of, nll_of
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import contributions, members_of
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import mean_interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_LOSSES = {"brier": brier_of, "nll": nll_of}

MEANS = tuple(sorted(_LOSSES))
"""Metrics whose difference is a mean over the items."""


def change_of(
    metric: str, after: Scores, before: Scores, *, confidence: float | None = None, **asked: Any
) -> Measurement | None:
    """Return a metric after calibration less the metric before, item by item; None where it is not known.

    Parameters
    ----------
    metric : str
        Name of a method of ``Scores``.
    after, before : Scores
        The same items in the same order, both with choices or both without.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.
    **asked
        Further arguments of the metric; the differences known here take none.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> before, after = (Scores([c] * 400, [1, 1, 1, 0] * 100) for c in (0.95, 0.76))
    >>> round(float(change_of("brier", after, before)), 4)
    -0.0399
    """
    losses_of = None if asked else _LOSSES.get(metric)
    if losses_of is None:
        return None
    here, there = losses_of(after), losses_of(before)
    infinite = [bool(np.isinf(losses.values).any()) for losses in (here, there)]
    if all(infinite):
        return None
    name = f"{metric}_difference"
    if any(infinite):
        end = math.inf if infinite[0] else -math.inf
        return measured(
            after, name, end, lambda _: Interval(end, end), confidence, "probability zero for what was right"
        )
    values = contributions(here.values - there.values, members_of(after.clusters))
    possible = here.possible[0] - there.possible[1], here.possible[1] - there.possible[0]
    return measured(
        after,
        name,
        float(np.mean(here.values - there.values)),
        lambda level: mean_interval(values, level, possible),
        confidence,
        "mean of the items' differences; Hall's skewness-corrected t interval",
    )
