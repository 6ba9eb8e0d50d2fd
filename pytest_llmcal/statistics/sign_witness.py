r"""A lower end for the L1 calibration error.

The L1 error is a maximum over sign patterns, :math:`\max_s E[s(bin) (c - y)]` with s
in {-1, 1}, so any sign pattern that was not chosen from the items it is tested on
witnesses a lower bound. Two witnesses are asked:

*One sign for all bins* sees what over- and underconfident models have in common. Its
error is that of |mean of c - y|.

*A sign for each bin, chosen from the past.* Go through a bin's items in random order
and give each the sign that the sum of those before it has: no item is judged by a sign
that it helped to choose, so the expectation of the signed sum is at most the bin's
share of the L1 error. By Tanaka's formula the signed sum is |S_b| less the local time
at zero. Averaged over all orders, which cannot widen it, and with the bin's walk taken
as a Brownian bridge to S_b, this is :math:`\tau (|z| - m(|z|))` with :math:`\tau^2` the
variance of S_b, z = S_b / tau, and m = (1 - Phi) / phi the Mills ratio: no split of the
data, no seed, no dependence on the order of the items.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.interval import upper_normal_quantile
from pytest_llmcal.statistics.proportion import clopper_pearson

Values = npt.NDArray[np.float64]

# How the tail is shared out. To say anything at all, a witness must first be significant at its share of
# the tail for a perfect model (both signs of the one, and the other: 2 * 0.3 + 0.4 = 1). How much it then
# says is judged at (nearly) the whole tail: where one of them is near its limit, the other is far from it.
_GATE_ONE_SIGN, _GATE_BIN_SIGNS = 0.3, 0.4
_TAIL_ONE_SIGN, _TAIL_BIN_SIGNS = 0.9, 1.0


def lower_end(sums: BinSums, tail: float, *, one_sign: bool = True) -> float:
    """Return a lower end of the L1 error, wrong with probability of at most ``tail``.

    Parameters
    ----------
    sums : BinSums
        Without empty bins.
    tail : float
        One-sided error rate, below one half.
    one_sign : bool
        Whether to ask the first witness, which wants all gaps to weigh the same.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> wrong = bin_sums(np.full(100, 0.9), np.zeros(100))
    >>> round(lower_end(wrong, 0.025), 3)
    0.863
    """
    return max(one_sign_end(sums, tail) if one_sign else 0.0, _sign_by_bin(sums, tail))


def one_sign_end(sums: BinSums, tail: float) -> float:
    """Return a lower end of the error by one sign for all items: that of the mean of c - y."""
    n = sums.items
    gap = float(sums.gap.sum())
    # Half an item is added to the variance, as in a continuity correction.
    variance = (float(sums.squared_gap.sum()) - gap * gap / n) * n / max(n - 1, 1) + 0.5
    if abs(gap) <= upper_normal_quantile(_GATE_ONE_SIGN * tail) * math.sqrt(variance):
        return 0.0
    normal = (abs(gap) - upper_normal_quantile(_TAIL_ONE_SIGN * tail) * math.sqrt(variance)) / n
    # Near accuracy 0 or 1 the normal is too narrow; the binomial is never wider than it must be
    # for draws of unlike probabilities (Hoeffding 1956).
    confidence = float(sums.confidence.sum())
    accuracy = clopper_pearson(round(confidence - gap, 9), n, 1.0 - 2.0 * _TAIL_ONE_SIGN * tail)
    exact = max(confidence / n - accuracy.high, accuracy.low - confidence / n)
    return max(0.0, min(normal, exact))


def _sign_by_bin(sums: BinSums, tail: float) -> float:
    # The sum of squares bounds the variance and counts the gap in; the model's own variance keeps a few
    # lucky bins of confident and right answers from reading as an error.
    variance = np.maximum(sums.squared_gap, sums.claimed_variance)
    known = variance > 0.0
    scale = np.sqrt(variance[known])
    z = np.abs(sums.gap[known]) / scale
    witnessed = float((scale * (z - mills_ratio(z))).sum()) + float(np.abs(sums.gap[~known]).sum())
    spread = math.sqrt(float(variance.sum()))
    if witnessed <= upper_normal_quantile(_GATE_BIN_SIGNS * tail) * spread:
        return 0.0
    return max(0.0, (witnessed - upper_normal_quantile(_TAIL_BIN_SIGNS * tail) * spread) / sums.items)


def mills_ratio(z: Values) -> Values:
    """Return (1 - Phi(z)) / phi(z) without underflow."""
    ratio: Values = np.exp(log_ndtr(-z) + 0.5 * z * z) * math.sqrt(2.0 * math.pi)
    return ratio
