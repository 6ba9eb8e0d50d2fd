"""Intervals of a calibration error over fixed bins, and a best guess of it.

The error rates are measured by ``benchmarks/ece_interval.py``.
"""

from __future__ import annotations

import math

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.clusters import INDEPENDENT, Effect
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.sign_witness import lower_end
from pytest_llmcal.statistics.squared_error import greatest_gap, l2_ends, unbiased_estimate, upper_end_for_l1

# One or two items bound no L1 error: most of what the model answers was never seen.
_FEWEST = 3


def l1_interval(sums: BinSums, confidence: float, effect: Effect = INDEPENDENT) -> Interval:
    """Return the interval of the L1 (expected) calibration error.

    The upper end is the root of that of the squared L2 error, which is at least the
    L1 error; bins of a single item, about which nothing can be said, add all that their
    gap may be. One or two items bound nothing. The lower end is a sign witness.

    Parameters
    ----------
    sums : BinSums
        From at least one item.
    confidence : float
        Two-sided level; each end errs in at most (1 - confidence) / 2 of runs.
    effect : Effect
        Of the items' clusters: as many as its design effect count as one.

    Examples
    --------
    >>> import numpy as np
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> [round(end, 3) for end in l1_interval(bin_sums(np.full(2000, 0.99), np.arange(2000) >= 20), 0.95)]
    [0.0, 0.007]
    """
    tail, estimate = (1.0 - confidence) / 2.0, unbiased_estimate(sums.seen().per(effect.within))
    sums = sums.seen().per(effect.design)
    alone = float((greatest_gap(sums) * sums.count)[sums.count <= 1].sum()) / sums.items
    low = lower_end(sums, tail)
    high = math.sqrt(upper_end_for_l1(sums, tail, estimate)) + alone if sums.items >= _FEWEST else 1.0
    return Interval(low, max(low, min(high, 1.0)))


def l2_interval(sums: BinSums, confidence: float, effect: Effect = INDEPENDENT) -> Interval:
    """Return the interval of the L2 (root mean square) calibration error.

    Both ends are roots of score intervals of its square. The square weighs a large gap
    more than the L1 error does, so the upper end leaves room for rare bins, at least
    the root of 3.84 / n at 95%: where one item in a hundred is wrong at full
    confidence the L2 error is 0.1, and a hundred items may well miss them all.

    Parameters
    ----------
    sums, confidence, effect
        As for ``l1_interval``.

    Examples
    --------
    >>> import numpy as np
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> [round(end, 3) for end in l2_interval(bin_sums(np.full(2000, 0.99), np.arange(2000) >= 20), 0.95)]
    [0.0, 0.044]
    """
    low, high = squared_interval(sums, confidence, effect)
    return Interval(math.sqrt(low), math.sqrt(high))


def squared_interval(sums: BinSums, confidence: float, effect: Effect = INDEPENDENT) -> Interval:
    """Return the interval of the squared L2 calibration error: that of the L2 error, squared."""
    estimate = unbiased_estimate(sums.seen().per(effect.within))
    low, high = l2_ends(sums.seen().per(effect.design), (1.0 - confidence) / 2.0, estimate)
    return Interval(low, max(low, min(high, 1.0)))


def best_guess(sums: BinSums, estimate: float) -> float | None:
    """Return the root of the unbiased squared error, zero where that is negative, at most the plug-in estimate.

    For the L1 error this is a guess from above: the root mean square is at least the mean.
    None where no bin holds two items: then nothing says how much of the estimate is noise.
    """
    if not (sums.count > 1).any():
        return None
    return min(estimate, math.sqrt(max(unbiased_estimate(sums), 0.0)))
