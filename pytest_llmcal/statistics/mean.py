"""The interval of a mean of skewed numbers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from pytest_llmcal.statistics.interval import Interval

HALL = "Hall's skewness-corrected t interval"
"""What ``mean_interval`` is called in a method."""


def mean_interval(values: npt.NDArray[np.float64], confidence: float, possible: tuple[float, float]) -> Interval:
    """Return the interval of the mean of ``values``: Hall's skewness-corrected t interval, and room for the unseen.

    Hall (1992) turns the t statistic by a cubic that takes its skewness out. How often
    each end errs is measured by ``benchmarks/interval_coverage.py``; the BCa bootstrap
    erred more often, near zero in most draws, and takes time and a seed.

    What no sample shows is added: with probability ``tail`` a share of
    u = 1 - tail^(1/n) of all items stays unseen in n draws, and may lie anywhere in the
    possible range. This is what makes the interval honest where all values are (nearly)
    equal, as the losses of a very confident model that was always right.

    Parameters
    ----------
    values : array of shape (n,)
        One finite number an item.
    confidence : float
        Level, between 0 and 1.
    possible : (float, float)
        Mean over the items of the least, and of the greatest value that each might
        have had. An infinite one leaves room only if all values are equal.

    Examples
    --------
    >>> low, high = mean_interval(np.full(50, 0.01), 0.95, (0.01, 0.81))
    >>> round(low, 4), round(high, 4)
    (0.01, 0.0669)
    """
    n, mean = len(values), float(values.mean())
    tail = (1.0 - confidence) / 2.0
    unseen = 1.0 if n == 1 else 1.0 - tail ** (1.0 / n)
    with_unseen = [(1.0 - unseen) * mean + unseen * extreme for extreme in possible]
    ends = hall_interval(values, confidence)
    if ends is None:
        return Interval(min(with_unseen[0], mean), max(with_unseen[1], mean))
    low, high = ends
    room = [end if math.isfinite(end) else mean for end in with_unseen]
    return Interval(min(low, room[0], mean), max(high, room[1], mean))


def hall_interval(values: npt.NDArray[np.float64], confidence: float) -> Interval | None:
    """Return Hall's interval of the mean without room for the unseen; None where all values are equal.

    Examples
    --------
    >>> low, high = hall_interval(np.array([0.0, 0.0, 1.0] * 30), 0.95)
    >>> round(low, 3), round(high, 3)
    (0.239, 0.439)
    """
    n, mean, spread = len(values), float(values.mean()), float(values.std())
    if spread <= 1e-12 * max(1.0, abs(mean)):  # up to rounding
        return None
    z = (values - mean) / spread
    skewness = float((z * z * z).mean()) / math.sqrt(n)  # numpy raises to the third power 20 times as slowly
    error = spread / math.sqrt(n - 1)
    t = float(stdtrit(n - 1, (1.0 + confidence) / 2.0))
    return Interval(mean - error * _uncorrected(t, skewness), mean - error * _uncorrected(-t, skewness))


def _uncorrected(t: float, skewness: float) -> float:
    """Return the t statistic that Hall's cubic turns into ``t``; ``skewness`` is that of the mean."""
    if abs(skewness) < 1e-9:
        return t
    return 3.0 / skewness * (float(np.cbrt(1.0 + skewness * (t - skewness / 6.0))) - 1.0)
