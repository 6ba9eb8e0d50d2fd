"""What chance adds to a calibration error, taken off again."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from pytest_llmcal.metrics.bin_sums import BinSums


def debiased_l1(sums: BinSums) -> float:
    r"""Return the L1 error less what noise of its size adds to it, at least zero.

    A gap g seen through normal noise of standard error s is on average
    :math:`E|N(g, s^2)| = s \sqrt{2 / \pi} e^{-g^2 / 2 s^2} + g (1 - 2 \Phi(-g / s))` large
    (Kumar, Liang, Ma 2019, who draw it). Bins of a single item, whose noise is not known,
    are left out of both: at least one must hold two.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> round(debiased_l1(bin_sums(np.full(100, 0.9), np.arange(100) < 70)), 3)
    0.2
    """
    many = sums.count > 1
    count = sums.count[many]
    gap = np.abs(sums.gap[many]) / count
    error = np.sqrt(np.maximum(sums.squared_gap[many] / count - gap * gap, 0.0) / (count - 1.0))
    z = np.divide(gap, error, out=np.full_like(gap, np.inf), where=error > 0.0)
    expected = error * math.sqrt(2.0 / math.pi) * np.exp(-0.5 * z * z) + gap * (1.0 - 2.0 * ndtr(-z))
    return max(0.0, float((count * (2.0 * gap - expected)).sum() / sums.items))
