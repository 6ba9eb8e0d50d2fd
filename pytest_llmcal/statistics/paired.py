"""Intervals of differences between two models that answered the same items."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.statistics.clusters import FEWEST, contributions
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import mean_interval
from pytest_llmcal.statistics.proportion import clopper_pearson

Values = npt.NDArray[np.float64]

# Fisher's transform of a correlation has a standard error of 1 / sqrt(n - 3).
_FISHER = 3


class Estimate(NamedTuple):
    """A number with its own interval, which may not contain it where the number is biased.

    Attributes
    ----------
    value : float
        The number.
    interval : Interval
        Its interval.
    """

    value: float
    interval: Interval


def difference_interval(this: Estimate, baseline: Estimate, correlation: float = -1.0) -> Interval:
    r"""Return the interval of a difference, made of the intervals of its two parts.

    The method of variance estimates recovery (MOVER) of Zou (2007) and Zou and Donner (2008): each arm of the
    difference is :math:`\sqrt{x^2 + y^2 - 2 \rho x y}`, with x and y the arms of the parts on the sides that
    make it and :math:`\rho` the correlation of the two estimates.

    Parameters
    ----------
    this, baseline : Estimate
        The parts, both at the level wanted. Finite values.
    correlation : float
        Of the estimates, from -1 to 1. With -1, the least, the arms add up: the low end is the low end of
        the one less the high end of the other. For normal estimates that errs no more often than
        the parts do, whatever their correlation; for any others in at most twice as many
        runs, as one of the two must err.

    Examples
    --------
    >>> this, baseline = Estimate(0.5, Interval(0.4, 0.6)), Estimate(0.3, Interval(0.2, 0.4))
    >>> [[round(end, 3) for end in difference_interval(this, baseline, rho)] for rho in (-1.0, 0.0, 1.0)]
    [[0.0, 0.4], [0.059, 0.341], [0.2, 0.2]]
    """
    centres = [min(max(part.value, part.interval.low), part.interval.high) for part in (this, baseline)]
    down, up = zip(
        *((c - p.interval.low, p.interval.high - c) for c, p in zip(centres, (this, baseline), strict=True)),
        strict=True,
    )
    middle = centres[0] - centres[1]
    least, greatest = (arm_of_difference(*arms, correlation) for arms in ((down[0], up[1]), (up[0], down[1])))
    return Interval(middle - float(least), middle + float(greatest))


def arm_of_difference(one: npt.ArrayLike, other: npt.ArrayLike, correlation: float) -> Values:
    """Return the arms of differences, made of those of their parts, as in ``difference_interval``.

    Parameters
    ----------
    one, other : array-like
        Arms of the parts on the sides that make it; infinite where nothing is known.
    correlation : float
        Of the estimates, from -1 to 1.

    Examples
    --------
    >>> arm_of_difference([3.0, np.inf], [4.0, 1.0], 0.0).tolist(), float(arm_of_difference(3.0, 4.0, -1.0))
    ([5.0, inf], 7.0)
    """
    x, y = np.asarray(one, np.float64), np.asarray(other, np.float64)
    scale = np.maximum(np.maximum(np.abs(x), np.abs(y)), np.finfo(np.float64).tiny)  # squares of 1e300 are none
    with np.errstate(invalid="ignore"):  # of what is infinite, for which another rule stands
        x_part, y_part = x / scale, y / scale
        arm = scale * np.sqrt(np.maximum(x_part**2 + y_part**2 - 2.0 * correlation * x_part * y_part, 0.0))
    return np.where(np.isinf(x) | np.isinf(y), np.inf, arm)


def mean_difference_interval(values: Values, level: float, possible: tuple[float, float]) -> Interval:
    r"""Return the interval of a mean of paired differences, wider where few of them make up the spread.

    Of two models much alike most items differ by next to nothing, and the few on which one alone is
    right, by much. The variance is then a poor estimate: with d the distance from the mean it has
    about :math:`2 (\sum_i d_i^2)^2 / \sum_i d_i^4` degrees of freedom (Satterthwaite 1946), and both arms are
    widened to the t of so many. Without, an end erred in up to 5% of draws.

    Parameters
    ----------
    values, level, possible
        As for ``statistics.mean.mean_interval``.

    Examples
    --------
    >>> values = np.repeat([0.0, 1.0, -1.0], [494, 3, 3])
    >>> [round(end, 4) for end in mean_difference_interval(values, 0.95, (-1.0, 1.0))]
    [-0.0107, 0.0107]
    """
    n, squares = len(values), (values - values.mean()) ** 2
    fourth = float((squares**2).sum())
    if fourth == 0.0:
        return mean_interval(values, level, possible)
    units, tail = 2.0 * float(squares.sum()) ** 2 / fourth, (1.0 - level) / 2.0
    wider = float(stdtrit(min(units, n - 1.0), tail) / stdtrit(n - 1.0, tail))
    middle, (low, high) = float(values.mean()), mean_interval(values, level, possible)
    return Interval(middle - wider * (middle - low), middle + wider * (high - middle))


def accuracy_difference_interval(gained: float, lost: float, n: float, level: float) -> Interval:
    """Return the interval of the difference of two shares of right answers to the same items.

    Only items that one model alone answers rightly count. Their two shares have the exact intervals of
    Clopper and Pearson (1934), put together as in ``difference_interval``: two cells of one multinomial
    have the correlation -sqrt(p q / ((1 - p) (1 - q))), taken at the shares with one item added
    to each side. Over all multinomials tried (n = 2 to 2000) each end at 95% errs in at most 2.4% of
    draws, by exact sums; the score interval of Tango (1998) errs in up to 5.1%, where few items differ.

    Parameters
    ----------
    gained, lost : float
        Items that this model alone, and that the baseline alone, answers rightly; not whole where
        several count as one.
    n : float
        Number of items.
    level : float
        Level, between 0 and 1.

    Examples
    --------
    >>> [round(end, 4) for end in accuracy_difference_interval(12, 2, 50, 0.95)]
    [0.0437, 0.3508]
    >>> [round(end, 4) for end in accuracy_difference_interval(0, 0, 2000, 0.95)]
    [-0.0018, 0.0018]
    """
    more, less = (Estimate(count / n, clopper_pearson(count, n, level)) for count in (gained, lost))
    p, q = ((count + 1.0) / (n + 2.0) for count in (gained, lost))
    return difference_interval(more, less, -min(math.sqrt(p * q / ((1.0 - p) * (1.0 - q))), 1.0))


def correlation(this: Values, baseline: Values, members: IndexArray | None) -> float:
    """Return the correlation of two estimates, from what each item adds to them, less one standard error.

    With less correlation a difference is the less certain, so an estimate of it is taken from below.

    Parameters
    ----------
    this, baseline : arrays of shape (n,)
        What each item adds to the estimates.
    members : array of shape (n,) or None
        The items' clusters, from ``members_of``; these are then counted.

    Returns
    -------
    float
        From -1 to 1; -1, of which nothing is the worse, where clusters are few or an estimate does not vary.

    Examples
    --------
    >>> values = np.arange(12.0)
    >>> correlation(values, values, None), round(correlation(values, values**2, None), 2)
    (1.0, 0.93)
    """
    if members is not None:
        this, baseline = (contributions(values, members) for values in (this, baseline))
    units = len(this)
    if units <= max(FEWEST, _FISHER) or this.std() == 0.0 or baseline.std() == 0.0:
        return -1.0
    found = float(np.clip(np.corrcoef(this, baseline)[0, 1], -1.0, 1.0))
    if abs(found) > 1.0 - 1e-12:
        return math.copysign(1.0, found)
    return math.tanh(math.atanh(found) - 1.0 / math.sqrt(units - _FISHER))


def with_unseen(interval: Interval, difference: float, units: float, level: float, change: float) -> Interval:
    """Leave room for items of a kind that was not seen, about which the two models may differ.

    With probability (1 - level) / 2 a share of u = 1 - ((1 - level) / 2)^(1 / units) of all items stays
    unseen. This is what keeps the interval honest where two models gave the same answers to all items.

    Parameters
    ----------
    interval : Interval
        What the items themselves say.
    difference : float
        What was measured.
    units : float
        Number of items, or of the rarer kind of them.
    level : float
        Level, between 0 and 1.
    change : float
        The largest difference that unseen items may have among themselves.

    Examples
    --------
    >>> [round(end, 4) for end in with_unseen(Interval(0.0, 0.0), 0.0, 2000, 0.95, 1.0)]
    [-0.0018, 0.0018]
    """
    unseen = 1.0 - ((1.0 - level) / 2.0) ** (1.0 / max(units, 1.0))
    seen = (1.0 - unseen) * difference
    return Interval(min(interval.low, seen - unseen * change), max(interval.high, seen + unseen * change))
