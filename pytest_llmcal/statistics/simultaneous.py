"""Intervals of the largest of several numbers, and of the largest gap between two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.paired import arm_of_difference

Intervals = Callable[[float], Sequence[Interval]]
"""The intervals of all numbers at a two-sided level."""


def level_of_each(level: float, numbers: int) -> float:
    """Return the level of each interval at which all together keep ``level`` (Bonferroni).

    Examples
    --------
    >>> round(level_of_each(0.95, 5), 6)
    0.99
    """
    return 1.0 - (1.0 - level) / numbers


def largest_interval(intervals: Intervals, level: float) -> Interval:
    """Return the interval of the largest of several numbers.

    The upper end is the largest upper end, which needs no correction: the one number that is
    the largest covers it. The lower end is the largest lower end at a level divided by how many there are
    (Bonferroni), whatever their dependence. Each end errs in at most (1 - level) / 2 of runs if theirs do.

    Parameters
    ----------
    intervals : callable
        Of the numbers, at any level.
    level : float
        Two-sided, between 0 and 1.

    Examples
    --------
    >>> def intervals(level):
    ...     arm = 0.1 if level == 0.95 else 0.12
    ...     return [Interval(centre - arm, centre + arm) for centre in (0.2, 0.5)]
    >>> [round(end, 2) for end in largest_interval(intervals, 0.95)]
    [0.38, 0.6]
    """
    own = intervals(level)
    together = intervals(level_of_each(level, len(own)))
    return Interval(max(each.low for each in together), max(each.high for each in own))


def smallest_interval(intervals: Intervals, level: float) -> Interval:
    """Return the interval of the smallest of several numbers, as ``largest_interval`` does.

    Examples
    --------
    >>> smallest_interval(lambda level: [Interval(0.1, 0.3), Interval(0.4, 0.6)], 0.95)
    Interval(low=0.1, high=0.3)
    """
    low, high = largest_interval(lambda asked: [Interval(-each.high, -each.low) for each in intervals(asked)], level)
    return Interval(-high, -low)


def gaps_between(values: Sequence[float], intervals: Sequence[Interval], *, independent: bool) -> list[Interval]:
    """Return the interval of how far each two of several numbers lie apart, in the order of ``combinations``.

    A difference has the interval of Zou and Donner (2008), as in ``paired.difference_interval``, all at once. Where the
    numbers are not independent its arms add up, which errs no more often whatever their correlation.

    Parameters
    ----------
    values : sequence of float
        Best guesses.
    intervals : sequence of Interval
        Their intervals.
    independent : bool
        Whether they come from different items that share nothing.

    Examples
    --------
    >>> [[low, high]] = gaps_between([0.8, 0.5], [Interval(0.7, 0.9), Interval(0.4, 0.6)], independent=True)
    >>> round(low, 3), round(high, 3)
    (0.159, 0.441)
    """
    low, high = np.array(intervals, dtype=np.float64).T
    centre = np.clip(np.array(values, dtype=np.float64), low, high)
    one, other = np.triu_indices(len(centre), k=1)
    middle, down, up = centre[one] - centre[other], centre - low, high - centre
    correlation = 0.0 if independent else -1.0
    least = middle - arm_of_difference(down[one], up[other], correlation)
    greatest = middle + arm_of_difference(up[one], down[other], correlation)
    ends = zip(np.maximum(np.maximum(least, -greatest), 0.0), np.maximum(greatest, -least), strict=True)
    return [Interval(float(nearest), float(farthest)) for nearest, farthest in ends]


def largest_gap_between(
    values: Sequence[float], intervals: Intervals, level: float, *, independent: bool = True
) -> Interval:
    """Return the interval of the largest gap between any two of several numbers.

    The upper end is the largest upper end of the pairs, the lower end their largest lower end at a level divided by the
    number of ordered pairs (Bonferroni): of each pair the one or the other may lie above.

    Parameters
    ----------
    values, independent
        As for ``gaps_between``.
    intervals, level
        As for ``largest_interval``.

    Examples
    --------
    >>> low, high = largest_gap_between([0.8, 0.5], lambda level: [Interval(0.7, 0.9), Interval(0.4, 0.6)], 0.95)
    >>> round(low, 3), round(high, 3)
    (0.159, 0.441)
    """
    ordered = len(values) * (len(values) - 1)
    own = gaps_between(values, intervals(level), independent=independent)
    together = gaps_between(values, intervals(level_of_each(level, ordered)), independent=independent)
    return Interval(max(each.low for each in together), max(each.high for each in own))
