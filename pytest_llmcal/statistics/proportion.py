"""Intervals for a share of right answers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrik, betaincinv

from pytest_llmcal.statistics.interval import Interval


def clopper_pearson(successes: float, n: float, confidence: float) -> Interval:
    """Return the exact interval of a proportion (Clopper, Pearson 1934).

    It never errs more often than it says, for all right, all wrong and one item too.

    Parameters
    ----------
    successes, n : float
        Right answers among ``n`` items; not whole where several count as one (Korn, Graubard 1998).
    confidence : float
        Level, between 0 and 1.

    Examples
    --------
    >>> low, high = clopper_pearson(50, 50, 0.95)
    >>> round(low, 4), high
    (0.9289, 1.0)
    """
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if successes <= 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1.0 - tail))
    return Interval(low, high)


def consistency_band(
    probability: npt.NDArray[np.float64], count: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where the share of right answers falls in at least 95 of 100 draws.

    The 2.5% and 97.5% quantiles of a binomial with the bin's mean confidence. A sum of
    unlike Bernoulli draws with the same mean spreads no further (Hoeffding 1956).

    Parameters
    ----------
    probability, count : arrays of shape (bins,)
        Mean confidence and number of items of each bin.

    Examples
    --------
    >>> low, high = consistency_band(np.array([0.5]), np.array([100.0]))
    >>> low.tolist(), high.tolist()
    ([0.4], [0.6])
    """
    low = _binomial_quantile(0.025, count, probability)
    return low / count, _binomial_quantile(0.975, count, probability) / count


def graded_band(
    probability: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where the mean of graded answers falls in at least 95 of 100 draws: quantiles of a beta distribution.

    Parameters
    ----------
    probability : array of shape (bins,)
        Mean confidence of each bin.
    variance : array of shape (bins,)
        Of the mean of its answers.

    Examples
    --------
    >>> low, high = graded_band(np.array([0.5, 1.0]), np.array([0.0025, 0.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.402, 1.0], [0.598, 1.0])
    """
    spreads = (variance > 0.0) & (probability > 0.0) & (probability < 1.0)
    p, v = probability[spreads], variance[spreads]
    size = np.maximum(p * (1.0 - p) / v - 1.0, 1e-3)
    ends = np.stack([probability, probability])
    ends[:, spreads] = betaincinv(size * p, size * (1.0 - p), np.array([[0.025], [0.975]]))
    return ends[0], ends[1]


def _binomial_quantile(
    level: float, count: npt.NDArray[np.float64], probability: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the least k whose cumulative probability reaches the level."""
    k = np.ceil(np.nan_to_num(bdtrik(level, count, probability)))
    return np.where(probability >= 1.0, count, np.clip(k, 0.0, count))
