r"""A confidence sequence for the L1 calibration error, to compare the looks of ``score.until`` with.

The L1 error is a maximum over sign patterns, :math:`\max_s E[s(bin) (c - y)]`, so with
signs that were chosen from the items before, the mean of x = s (c - y) never exceeds the
error. Whoever bets on x being larger than m therefore plays a game that does not favour
them if the error is at most m: their capital, a product of factors
1 + stake (x - m) / (1 + m), is a nonnegative supermartingale from 1, and ever reaches
1 / tail with probability of at most tail (Ville 1939; betting for means: Waudby-Smith and
Ramdas 2024). So the claim that the error is at most m may be refuted the moment it does,
whenever that is. No such game is known for an upper end.

The capital is shared out beforehand among players of two kinds and four stakes: one kind
takes the sign that the sum of c - y in the item's bin has so far, the other that of the
sum over all bins, which sees earlier what over- and underconfident models have in common.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import uniform_bins

Values = npt.NDArray[np.float64]

# Shares of the capital that may be lost with one item. Each is best for errors that exceed m by about
# stake times the variance of c - y; bets learned from the past stopped no earlier on average.
_STAKES = (0.03, 0.1, 0.3, 0.85)
_LARGEST_EXPONENT = 700.0


def capital(confidence: Values, correct: Values, error: float, bins: int = 15) -> Values:
    """Return what all players together have after each item, of a capital of 1.

    Parameters
    ----------
    confidence, correct : array of shape (n,)
        Confidences and correctness (0 or 1) of independent items in random order.
    error : float
        The m that they bet against.
    bins : int
        Number of uniform right-closed bins.
    """
    gap = confidence - correct
    total = np.zeros(len(gap))
    for sign in (_sign_so_far(gap), _sign_by_bin(gap, uniform_bins(confidence, bins))):
        for stake in _STAKES:
            exponent = np.cumsum(np.log1p(stake / (1.0 + error) * (sign * gap - error)))
            total += np.exp(np.minimum(exponent, _LARGEST_EXPONENT))
    return total / (2 * len(_STAKES))


def first_time(grown: Values, tail: float) -> int:
    """Return after how many items the capital has reached 1 / tail; all of them where it never does."""
    return int(np.argmax(grown * tail >= 1.0)) + 1 if grown.max() * tail >= 1.0 else len(grown)


def _sign_so_far(gap: Values) -> Values:
    """Return for each place the sign of the sum before it; 0 for the first, where nothing is known."""
    sign: Values = np.sign(np.concatenate([[0.0], np.cumsum(gap)[:-1]]))
    return sign


def _sign_by_bin(gap: Values, index: npt.NDArray[np.intp]) -> Values:
    sign = np.zeros_like(gap)
    for one in np.unique(index):
        members = index == one
        sign[members] = _sign_so_far(gap[members])
    return sign
