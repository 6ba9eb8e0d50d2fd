"""The interval of the largest gap of any bin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.interval import Interval


def largest_gap_interval(sums: BinSums, confidence: float) -> Interval:
    """Return the interval of the maximum calibration error over these bins.

    Each bin's accuracy has the exact interval of Clopper and Pearson (1934), held against its
    mean confidence. The upper end is the largest that any bin's gap may be, which needs no
    correction: the one bin that has the largest gap covers it. The lower end is the largest lower
    end of the bins, at a level divided by their number (Bonferroni).

    Parameters
    ----------
    sums : BinSums
        Of the bins that are looked at; none may be empty.
    confidence : float
        Level, between 0 and 1.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> sums = bin_sums(np.full(100, 0.9), np.arange(100) < 70).seen()
    >>> [round(end, 3) for end in largest_gap_interval(sums, 0.95)]
    [0.112, 0.3]
    """
    tail = (1.0 - confidence) / 2.0
    mean = sums.confidence / sums.count
    least, greatest = _accuracy(sums, tail)
    high = np.maximum(mean - least, greatest - mean)
    least, greatest = _accuracy(sums, tail / len(sums.count))
    low = np.maximum(mean - greatest, least - mean)
    return Interval(max(0.0, float(low.max())), float(high.max()))


def _accuracy(sums: BinSums, tail: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    right = np.clip(np.round(sums.confidence - sums.gap, 9), 0.0, sums.count)
    wrong = sums.count - right
    low = np.where(right > 0.0, betaincinv(np.maximum(right, 1e-300), wrong + 1.0, tail), 0.0)
    high = np.where(wrong > 0.0, betaincinv(right + 1.0, np.maximum(wrong, 1e-300), 1.0 - tail), 1.0)
    return low, high
