"""Intervals of a calibration error over fixed bins, and a best guess of it.

The error rates are measured by ``benchmarks/ece_interval.py``.
"""

from __future__ import annotations

import math

import numpy as np

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.sign_witness import lower_end
from pytest_llmcal.statistics.squared_error import l2_ends, unbiased_estimate, upper_end_for_l1


def l1_interval(sums: BinSums, confidence: float) -> Interval:
    """Return the interval of the L1 (expected) calibration error.

    The upper end is the root of that of the squared L2 error, which is at least the
    L1 error; bins of a single item, about which nothing can be said, add all that their
    gap may be. The lower end is a sign witness.

    Parameters
    ----------
    sums : BinSums
        From at least one item.
    confidence : float
        Two-sided level; each end errs in at most (1 - confidence) / 2 of runs.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> l1_interval(bin_sums(np.array([0.9]), np.array([1])), 0.95)
    Interval(low=0.0, high=0.9)
    """
    sums, tail = sums.seen(), (1.0 - confidence) / 2.0
    gap, weight = _greatest_gap(sums), sums.count / sums.items
    alone = sums.count == 1
    high = math.sqrt(upper_end_for_l1(sums, tail)) + float((weight * gap)[alone].sum())
    low = lower_end(sums, tail)
    return Interval(low, max(low, min(high, float((weight * gap).sum()))))


def l2_interval(sums: BinSums, confidence: float) -> Interval:
    """Return the interval of the L2 (root mean square) calibration error; see ``l1_interval``."""
    sums, tail = sums.seen(), (1.0 - confidence) / 2.0
    square, weight = _greatest_gap(sums) ** 2, sums.count / sums.items
    alone = sums.count == 1
    low, high = l2_ends(sums, tail)
    high += float((weight * square)[alone].sum())
    return Interval(math.sqrt(low), math.sqrt(max(low, min(high, float((weight * square).sum())))))


def best_guess(sums: BinSums, estimate: float) -> float:
    """Return the root of the unbiased squared error, zero where that is negative, at most the plug-in estimate.

    For the L1 error this is a guess from above: the root mean square is at least the mean.
    """
    return min(estimate, math.sqrt(max(unbiased_estimate(sums), 0.0)))


def _greatest_gap(sums: BinSums) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how far each bin's mean confidence can be from an accuracy between 0 and 1."""
    mean = sums.confidence / sums.count
    return np.maximum(mean, 1.0 - mean)
