"""Intervals of what abstention gains: the area under the risk-coverage curve."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray
from pytest_llmcal.metrics.selective import aurc_influence, levels, population_aurc, population_e_aurc
from pytest_llmcal.statistics.clusters import contributions
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import hall_interval

# Most excess there is: all wrong answers above all right ones, half of each.
MOST_EXCESS = math.log(2.0)


def aurc_interval(
    confidence: FloatArray,
    correct: Answers,
    estimate: float,
    members: IndexArray | None = None,
    *,
    excess: bool = False,
) -> Callable[[float], Interval]:
    """Return the interval of an AURC, or of its excess, as a function of the level.

    Hall's interval of the mean influence (Hall 1992): to first order the area is a mean over
    the items, of skewed numbers, whose variance takes one sort and no draws.

    What no sample shows is added, as for a mean: with probability ``tail`` a share of
    u = 1 - tail^(1/n) of all items stays unseen in n draws, and may be right or wrong and
    stand above or below all others. Sure and wrong ones cost the most, u - u ln u where all
    that was seen is right, so of a few hundred items the upper end says little.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        As for ``metrics.selective.aurc``.
    estimate : float
        The area of these items.
    members : array of shape (n,), optional
        The cluster of each item, from ``members_of``; clusters then count, not items.
    excess : bool
        Whether the excess is meant.

    Examples
    --------
    >>> interval = aurc_interval(np.array([0.9, 0.8, 0.7, 0.6] * 50), np.array([1, 1, 1, 0] * 50), 0.05)
    >>> [round(end, 3) for end in interval(0.95)]
    [0.034, 0.14]
    """
    _, items, wrong = levels(confidence, correct)
    area = population_e_aurc if excess else population_aurc
    values = estimate + contributions(aurc_influence(confidence, correct, excess=excess), members)
    least_to_most = Interval(0.0, MOST_EXCESS if excess else 1.0)

    less = estimate - area(items, wrong)  # n items do not reach the least area of a population

    def with_unseen(unseen: float, place: int, is_wrong: float) -> float:
        seen = (1.0 - unseen) / items.sum()
        parts = np.insert(seen * items, place, unseen), np.insert(seen * wrong, place, unseen * is_wrong)
        return area(*parts) + less

    def most(unseen: float, place: int, is_wrong: float) -> float:
        if not excess:
            return with_unseen(unseen, place, is_wrong)
        # Where all are of the unseen kind there is no order left, so a part of them may add more than all.
        found = minimize_scalar(lambda part: -with_unseen(part, place, is_wrong), bounds=(0.0, unseen))
        return max(with_unseen(unseen, place, is_wrong), -float(found.fun))

    def room(unseen: float) -> Interval:
        top, bottom = 0, len(items)
        return Interval(
            min(with_unseen(unseen, top, 0.0), with_unseen(unseen, bottom, 1.0)),
            max(most(unseen, top, 1.0), most(unseen, bottom, 0.0)),
        )

    def interval(level: float) -> Interval:
        if len(values) == 1:
            return least_to_most
        low, high = hall_interval(values, level) or (estimate, estimate)
        lowest, highest = room(1.0 - ((1.0 - level) / 2.0) ** (1.0 / len(values)))
        return Interval(
            max(least_to_most.low, min(low, lowest, estimate)), min(least_to_most.high, max(high, highest, estimate))
        )

    return interval
