"""What chance adds to a calibration error, taken off again."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from pytest_llmcal.metrics.bin_sums import BinSums

Values = npt.NDArray[np.float64]


def debiased_gaps(sums: BinSums) -> Values:
    r"""Return of each bin with two items or more its absolute gap, less what noise of its size adds to it.

    A gap g seen through normal noise of standard error s is on average
    :math:`E|N(g, s^2)| = s \sqrt{2 / \pi} e^{-g^2 / 2 s^2} + g (1 - 2 \Phi(-g / s))` large
    (Kumar, Liang, Ma 2019, who draw it). A gap that is smaller than noise makes comes out below zero.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> debiased_gaps(bin_sums(np.full(100, 0.9), np.arange(100) < 70)).round(3).tolist()
    [0.2]
    """
    many = sums.count > 1
    count = sums.count[many]
    gap = np.abs(sums.gap[many]) / count
    error = np.sqrt(np.maximum(sums.squared_gap[many] / count - gap * gap, 0.0) / (count - 1.0))
    z = np.divide(gap, error, out=np.full_like(gap, np.inf), where=error > 0.0)
    expected = error * math.sqrt(2.0 / math.pi) * np.exp(-0.5 * z * z) + gap * (1.0 - 2.0 * ndtr(-z))
    return np.asarray(2.0 * gap - expected)


def debiased_l1(sums: BinSums) -> float:
    """Return the L1 error less what noise of its size adds to it, at least zero.

    The mean of ``debiased_gaps``, weighted by the items. Bins of a single item, whose noise is not known,
    are left out: at least one must hold two.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> round(debiased_l1(bin_sums(np.full(100, 0.9), np.arange(100) < 70)), 3)
    0.2
    """
    return max(0.0, float((sums.count[sums.count > 1] * debiased_gaps(sums)).sum() / sums.items))
