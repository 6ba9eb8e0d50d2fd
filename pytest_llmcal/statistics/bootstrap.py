"""Bootstrap intervals from one seeded generator, vectorised over resamples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from pytest_llmcal.statistics.interval import Interval

RESAMPLES = 1000
SEED = 20240229
# Indices drawn at once: 2^20 of them take 8 MB.
_AT_ONCE = 1 << 20

Values = npt.NDArray[np.float64]


def mean_interval(values: Values, confidence: float, possible: tuple[float, float]) -> Interval:
    """Return the BCa bootstrap interval (Efron 1987) of the mean of ``values``.

    Where all values are equal the sample says nothing of its own spread. Then up to a
    share u = 1 - tail^(1/n) of all items may be of another kind, unseen in n draws,
    and may lie at either end of the possible range: the rule of three.

    Parameters
    ----------
    values : array of shape (n,)
        One finite number an item.
    confidence : float
        Level, between 0 and 1.
    possible : (float, float)
        Least and greatest value that an item can have; may be infinite.
    """
    if np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        return unseen_interval(float(values[0]), len(values), confidence, possible)
    values = np.sort(values)  # the same interval whatever the order of the rows
    means = np.concatenate([values[rows].mean(axis=1) for rows in _resampled_rows(len(values))])
    centred = values - values.mean()
    acceleration = float((centred**3).sum() / (6.0 * (centred**2).sum() ** 1.5))
    low, high = bca_ends(means, float(values.mean()), acceleration, confidence)
    return Interval(max(low, possible[0]), min(high, possible[1]))


def unseen_interval(value: float, n: int, confidence: float, possible: tuple[float, float]) -> Interval:
    """Return what a mean may be after ``n`` items that all had one value.

    Examples
    --------
    >>> low, high = unseen_interval(0.01, 50, 0.95, (0.0, 1.0))
    >>> round(low, 4), round(high, 4)
    (0.0093, 0.0804)
    >>> unseen_interval(0.0, 50, 0.95, (0.0, float("inf"))).high
    inf
    """
    share = 1.0 - ((1.0 - confidence) / 2.0) ** (1.0 / n)
    if n == 1:  # a single item bounds nothing
        share = 1.0
    low, high = ((1.0 - share) * value + share * extreme for extreme in possible)
    return Interval(low, high)


def bca_ends(draws: Values, estimate: float, acceleration: float, confidence: float) -> Interval:
    """Read the bias-corrected and accelerated ends off the bootstrap draws (Efron 1987)."""
    share_below = (np.count_nonzero(draws < estimate) + 0.5 * np.count_nonzero(draws == estimate)) / len(draws)
    bias = ndtri(np.clip(share_below, 1.0 / len(draws), 1.0 - 1.0 / len(draws)))
    tail = (1.0 - confidence) / 2.0
    z = bias + ndtri(np.array([tail, 1.0 - tail]))
    low, high = np.quantile(draws, ndtr(bias + z / (1.0 - acceleration * z)))
    return Interval(float(low), float(high))


def _resampled_rows(n: int) -> Iterator[npt.NDArray[np.int32]]:
    """Draw RESAMPLES rows of n indices with replacement, a few rows at a time."""
    generator = np.random.default_rng(SEED)
    rows_at_once = max(1, _AT_ONCE // n)
    for start in range(0, RESAMPLES, rows_at_once):
        yield generator.integers(n, size=(min(rows_at_once, RESAMPLES - start), n), dtype=np.int32)
