"""How far from the truth a calibration error over fixed bins may be."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.interval import Interval, normal_quantile

Values = npt.NDArray[np.float64]


def l1_interval(sums: BinSums, confidence: float) -> Interval:
    """Return the interval of the L1 (expected) calibration error."""
    sums = sums.seen()
    return Interval(0.0, l2_interval(sums, confidence).high)


def l2_interval(sums: BinSums, confidence: float) -> Interval:
    """Return the interval of the L2 (root mean square) calibration error."""
    sums = sums.seen()
    n = sums.count.sum()
    many = sums.count > 1
    count = sums.count[many]
    gap = sums.gap[many] / count
    variance = (sums.squared_gap[many] - gap * gap * count + 0.5) / count
    z = normal_quantile(confidence)
    squared = float((count * (gap * gap - variance / count)).sum() / n)
    a = float((2.0 * variance**2 * count / (count - 1.0)).sum() / n**2)
    b = float(4.0 * (count * variance).sum() / n**2)
    centre = squared + z * z * b / 2.0
    arm = math.sqrt(max(centre * centre - squared * squared + z * z * a, 0.0))
    alone = float(n - count.sum()) / float(n)
    return Interval(math.sqrt(max(centre - arm, 0.0)), min(1.0, math.sqrt(max(centre + arm, 0.0)) + alone))


def debiased_l2(sums: BinSums) -> float:
    """Return the root of the unbiased squared error, zero where that is negative."""
    return math.sqrt(max(squared_error(sums), 0.0))


def squared_error(sums: BinSums) -> float:
    """Return the unbiased estimate of the squared L2 error; it may be negative."""
    many = sums.count > 1
    count, gap = sums.count[many], sums.gap[many] / sums.count[many]
    spread = (sums.squared_gap[many] - gap * gap * count) / (count - 1.0)
    return float((count * gap * gap - spread).sum() / sums.count.sum())
