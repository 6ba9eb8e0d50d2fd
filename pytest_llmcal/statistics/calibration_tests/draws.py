"""The law of any statistic for a calibrated model, by drawing anew what was right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.statistics.calibration_tests.statistic import Values

DRAWS = 999
SEED = 20240301
# Where fewer than so many draws reach the statistic ten times as many are drawn, up to so many numbers in all.
# The p-value stays valid: at 1.1% and above the first draws alone bound it, below the second ones do.
_FEW = 10
_MOST_DRAWN = 1 << 26
_AT_ONCE = 1 << 18
# Sums in another order differ by rounding, and what equals the statistic counts against it.
_ROUNDING = 1e-9

Draw = Callable[[np.random.Generator, int], Values]


def p_value(of: Callable[[Values], Values], residual: Values, draw: Draw) -> float:
    """Return (1 + number of draws that reach the statistic) / (draws + 1), of 999 or 9,999 draws.

    Exact for a calibrated model, for any statistic and any number of items (Davison, Hinkley 1997, section
    4.2; consistency resampling: Brocker, Smith 2007). From a fixed seed.

    Parameters
    ----------
    of : callable
        The statistic of residuals of shape (rows, n).
    residual : array of shape (n,)
        Of the items themselves, c - y.
    draw : callable
        Draws residuals of shape (rows, n) as a calibrated model has them.

    Examples
    --------
    >>> confidence = np.full(40, 0.5)
    >>> mean = lambda rows: np.abs(rows.sum(axis=1))
    >>> p_value(mean, confidence - np.repeat([1, 0], 20), redrawn(confidence))
    1.0
    >>> p_value(mean, confidence - 1.0, redrawn(confidence))
    0.0001
    """
    [statistic] = of(residual[None, :])
    bar = statistic - _ROUNDING * max(1.0, abs(statistic))
    generator = np.random.default_rng(SEED)
    n = len(residual)
    reached = sum(int((of(rows) >= bar).sum()) for rows in _parts(draw, generator, DRAWS, n))
    more = 9 * (DRAWS + 1)
    if reached >= _FEW or more * n > _MOST_DRAWN:
        return (1 + reached) / (DRAWS + 1)
    reached += sum(int((of(rows) >= bar).sum()) for rows in _parts(draw, generator, more, n))
    return (1 + reached) / (DRAWS + more + 1)


def redrawn(confidence: Values) -> Draw:
    """Draw each answer anew, right with the probability that is its confidence."""
    n = len(confidence)
    return lambda generator, rows: confidence - (generator.random((rows, n)) < confidence)


def redrawn_together(confidence: Values, members: IndexArray) -> Draw:
    """Draw answers anew, those of a cluster right or wrong together as far as their confidences let them.

    No cluster depends more on itself than so.
    """
    clusters = int(members.max()) + 1
    return lambda generator, rows: confidence - (generator.random((rows, clusters))[:, members] < confidence)


def sign_flips(residual: Values, members: IndexArray) -> Draw:
    """Turn the signs of whole clusters at random: a wild cluster bootstrap (Cameron, Gelbach, Miller 2008).

    Whatever the items of a cluster do together stays together. Valid for many clusters, and exactly so where a
    cluster's residuals are as likely as their opposites.
    """
    clusters = int(members.max()) + 1

    def draw(generator: np.random.Generator, rows: int) -> Values:
        sign = 2.0 * generator.integers(2, size=(rows, clusters)) - 1.0
        return np.asarray(sign[:, members] * residual)

    return draw


def _parts(draw: Draw, generator: np.random.Generator, draws: int, n: int) -> Iterator[Values]:
    at_once = max(1, _AT_ONCE // n)
    for first in range(0, draws, at_once):
        yield draw(generator, min(at_once, draws - first))
