"""Intervals of calibration errors over the bins of all choices, whose gaps depend on each other.

An item is right in one of its choices only, so the correctness of its choices has the covariance
diag(q) - q q'. By Gershgorin's theorem that is at most twice its diagonal: any weighted sum of gaps
varies at most twice as much as if they were independent, and so does a weighted sum of their squares, as
the squared covariances of a choice with the others add up to no more than its squared variance. So
all bins are taken as if they were independent ones of as many items, at a level whose quantile is
the root of 2 times larger.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.calibration_error_interval import l1_interval, l2_interval
from pytest_llmcal.statistics.clusters import INDEPENDENT, Effect
from pytest_llmcal.statistics.interval import Interval, upper_normal_quantile
from pytest_llmcal.statistics.sign_witness import lower_end
from pytest_llmcal.statistics.squared_error import l2_ends, unbiased_estimate


def pooled_level(level: float) -> float:
    """Return the level whose normal quantile is the root of 2 times larger.

    Examples
    --------
    >>> round(pooled_level(0.95), 4)
    0.9944
    """
    return 1.0 - 2.0 * float(ndtr(-math.sqrt(2.0) * upper_normal_quantile((1.0 - level) / 2.0)))


def pooled_l1_interval(sums: BinSums, level: float, effect: Effect = INDEPENDENT) -> Interval:
    """Return the interval of the L1 error over the bins of all choices, as ``l1_interval`` does for one."""
    return l1_interval(sums, pooled_level(level), effect)


def pooled_l2_interval(sums: BinSums, level: float, effect: Effect = INDEPENDENT) -> Interval:
    """Return the interval of the L2 error over the bins of all choices, as ``l2_interval`` does for one."""
    return l2_interval(sums, pooled_level(level), effect)


def pooled_mean_interval(sums: BinSums, level: float, effect: Effect = INDEPENDENT) -> Interval:
    """Return the interval of the mean absolute gap of bins that all weigh the same, whatever their items.

    The sums are weighted so that the ends of the weighted means become those of the plain ones. Where a bin
    has a single item, nothing bounds the mean from above.
    """
    sums, tail = sums.seen(), (1.0 - pooled_level(level)) / 2.0
    weight = sums.items / (len(sums.count) * sums.count)
    low = lower_end(_weighted(sums, weight).per(effect.design), tail, one_sign=False)
    if (sums.count / effect.design <= 1.0).any():
        return Interval(low, 1.0)
    squares = _weighted(sums, np.sqrt(weight))
    _, high = l2_ends(squares.per(effect.design), tail, unbiased_estimate(squares.per(effect.within)))
    return Interval(low, max(low, min(math.sqrt(high), 1.0)))


def _weighted(sums: BinSums, weight: np.ndarray) -> BinSums:
    square = weight**2
    return BinSums(
        sums.count,
        sums.confidence * weight,
        sums.gap * weight,
        sums.squared_gap * square,
        sums.claimed_variance * square,
    )
