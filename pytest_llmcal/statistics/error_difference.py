r"""The difference of two L1 calibration errors over the same bins, from the items of both.

With :math:`h_b` the expectation of c - y over the items of bin b, the L1 error is the largest
:math:`\sum_b s_b h_b` over all signs s. Put the signs of the one model in the other's sum, which
they cannot make larger than its error, and the difference of the errors is at most the mean of

.. math:: s(\text{bin}) (c - y) - s(\text{bin}') (c' - y')

over the items: a mean of paired numbers, in which cancels whatever the two models share. The signs of bins
whose gaps are clear are known; of the others the worst are taken, one of which are the true ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.statistics.interval import Interval, upper_normal_quantile
from pytest_llmcal.statistics.mean import mean_interval

Values = npt.NDArray[np.float64]

# Of the tail this much is spent on taking a sign for known that is the other one.
_SIGNS = 0.1
# What an item adds lies between these.
_POSSIBLE = -2.0, 2.0


class Gaps(NamedTuple):
    """What a model said and what was right, item by item.

    Attributes
    ----------
    bin : array of shape (n,)
        Index of the bin of each item's confidence.
    gap : array of shape (n,)
        Confidence less correctness.
    claimed_variance : array of shape (n,)
        c (1 - c): its variance if the model were perfectly calibrated.
    """

    bin: IndexArray
    gap: Values
    claimed_variance: Values


def paired_l1_interval(this: Gaps, baseline: Gaps, bins: int, level: float) -> Interval:
    """Return the interval of the difference of two L1 errors, from independent items.

    Narrow where the gaps are clear or the models alike; wide where neither is known to have any.

    Parameters
    ----------
    this, baseline : Gaps
        Of the same items, over the same bins.
    bins : int
        Number of bins.
    level : float
        Level, between 0 and 1.

    Examples
    --------
    >>> gaps = Gaps(np.zeros(2000, int), 0.9 - (np.arange(2000) % 10 < 7), np.full(2000, 0.09))
    >>> [round(end, 4) for end in paired_l1_interval(gaps, gaps, 1, 0.95)]
    [-0.0038, 0.0038]
    """
    tail = (1.0 - level) / 2.0
    return Interval(-_upper_end(baseline, this, bins, tail), _upper_end(this, baseline, bins, tail))


def _upper_end(this: Gaps, other: Gaps, bins: int, tail: float) -> float:
    n = len(this.gap)
    known = _known_signs(this, bins, _SIGNS * tail)
    between = np.bincount(this.bin, this.gap, bins) - np.bincount(other.bin, other.gap, bins)
    worst = np.where(known == 0.0, np.where(between < 0.0, -1.0, 1.0), known)
    values = worst[this.bin] * this.gap - worst[other.bin] * other.gap
    tail *= 1.0 - _SIGNS
    high = mean_interval(values, 1.0 - 2.0 * tail, _POSSIBLE).high
    # No other signs make the mean larger, and none the squares larger than these.
    unlike = (this.bin != other.bin) & ((known[this.bin] == 0.0) | (known[other.bin] == 0.0))
    most = np.where(unlike, np.abs(this.gap) + np.abs(other.gap), np.abs(values))
    return max(high, float(values.mean()) + upper_normal_quantile(tail) * math.sqrt(float((most**2).mean()) / n))


def _known_signs(gaps: Gaps, bins: int, tail: float) -> Values:
    """Return the sign of each bin whose gap is clear, 0 for the others; any is wrong with probability ``tail``."""
    total = np.bincount(gaps.bin, gaps.gap, bins)
    variance = np.maximum(np.bincount(gaps.bin, gaps.gap**2, bins), np.bincount(gaps.bin, gaps.claimed_variance, bins))
    # Half an item is added to the variance, as in a continuity correction.
    clear = np.abs(total) > upper_normal_quantile(tail / bins) * np.sqrt(variance + 0.5)
    return np.where(clear, np.sign(total), 0.0)
