"""Intervals of statistics for which no closed form is known, by drawing the items again with replacement."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from pytest_llmcal.statistics.interval import Interval

DRAWS = 1000
SEED = 20240301
# How many weights are held at once: 32 MB.
_AT_ONCE = 1 << 22

Values = npt.NDArray[np.float64]
# From weights of shape (draws, n), how often each item was drawn, to the statistic of each draw, shape (draws,).
Statistic = Callable[[Values], Values]


def replicates(
    statistic: Statistic, n: int, *, clusters: Sequence[str] | None = None, draws: int = DRAWS, seed: int = SEED
) -> Values:
    """Return the statistic of ``draws`` samples drawn from the items with replacement.

    Parameters
    ----------
    statistic : callable
        From weights of shape (rows, n), how often each item was drawn, to one number a row. Work
        that does not depend on the weights, such as sorting, is best done outside of it.
    n : int
        Number of items.
    clusters : sequence of str, optional
        Of each item; whole clusters are then drawn (Davison, Hinkley 1997, section 3.8).
    draws, seed : int
        How many samples, and the seed of the generator that draws them.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0])
    >>> means = replicates(lambda weights: weights @ values / weights.sum(axis=1), 3)
    >>> means.shape, round(float(means.mean()), 1)
    ((1000,), 2.0)
    """
    member = np.arange(n) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    kinds = int(member.max()) + 1
    generator = np.random.default_rng(seed)
    rows_at_once = max(1, _AT_ONCE // n)
    parts = []
    for first in range(0, draws, rows_at_once):
        rows = min(rows_at_once, draws - first)
        drawn = generator.integers(kinds, size=(rows, kinds)) + kinds * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * kinds).reshape(rows, kinds).astype(np.float64)
        parts.append(statistic(weights if clusters is None else weights[:, member]))
    return np.concatenate(parts)


def interval_of(drawn: Values, level: float, *, estimate: float, units: int, possible: tuple[float, float]) -> Interval:
    """Return the bias-corrected and expanded percentile interval of bootstrap replicates.

    The normal quantiles are shifted by the median bias of the replicates (Efron 1981), and
    are those of Student's t, stretched by the root of m / (m - 1), for m units (Hesterberg 2015):
    percentiles alone are too narrow for few units.

    What no sample shows is added, as for a mean: with probability ``tail`` a share of
    u = 1 - tail^(1/m) of all units stays unseen in m draws, and may lie anywhere in the possible
    range. This is what keeps the interval honest where all draws are equal.

    Parameters
    ----------
    drawn : array of shape (draws,)
        From ``replicates``.
    level : float
        Two-sided, between 0 and 1.
    estimate : float
        The statistic of the items themselves.
    units : int
        Number of items, or of clusters.
    possible : (float, float)
        Least and greatest value of the statistic.

    Examples
    --------
    >>> interval_of(np.zeros(1000), 0.95, estimate=0.0, units=50, possible=(0.0, 1.0)).high.__round__(3)
    0.071
    """
    least, greatest = possible
    if units == 1:
        return Interval(least, greatest)
    tail = (1.0 - level) / 2.0
    unseen = 1.0 - tail ** (1.0 / units)
    room = estimate - unseen * (estimate - least), estimate + unseen * (greatest - estimate)
    below = (np.sum(drawn < estimate) + 0.5 * np.sum(drawn == estimate)) / len(drawn)
    shift = float(ndtri(np.clip(below, 1.0 / len(drawn), 1.0 - 1.0 / len(drawn))))
    reach = -float(stdtrit(units - 1, tail)) * (units / (units - 1)) ** 0.5
    low, high = np.quantile(drawn, ndtr([2.0 * shift - reach, 2.0 * shift + reach]))
    return Interval(max(least, min(float(low), float(room[0]))), min(greatest, max(float(high), float(room[1]))))


def bootstrap_interval(
    statistic: Statistic,
    n: int,
    *,
    estimate: float,
    possible: tuple[float, float],
    clusters: Sequence[str] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Callable[[float], Interval]:
    """Return the bootstrap interval as a function of the level; the samples are drawn once, when first asked.

    Parameters
    ----------
    statistic, n, clusters, draws, seed
        As for ``replicates``.
    estimate, possible
        As for ``interval_of``.

    Examples
    --------
    >>> values = np.repeat([0.0, 1.0], [30, 70])
    >>> interval = bootstrap_interval(
    ...     lambda weights: weights @ values / weights.sum(axis=1), 100, estimate=0.7, possible=(0.0, 1.0)
    ... )
    >>> [round(end, 1) for end in interval(0.95)]
    [0.6, 0.8]
    """
    units = n if clusters is None else len(set(clusters))
    drawn: list[Values] = []

    def interval(level: float) -> Interval:
        if not drawn:
            drawn.append(replicates(statistic, n, clusters=clusters, draws=draws, seed=seed))
        return interval_of(drawn[0], level, estimate=estimate, units=units, possible=possible)

    return interval
