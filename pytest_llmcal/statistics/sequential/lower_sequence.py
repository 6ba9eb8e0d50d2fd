r"""A lower end for the L1 calibration error that is right at every number of items at once.

The L1 error is a maximum over sign patterns, :math:`\max_s E[s(bin) (c - y)]`, so with
signs that were chosen from the items before, the mean of x = s (c - y) never exceeds the
error. Whoever bets on x being larger than m therefore plays a game that does not favour
them if the error is at most m: their capital, a product of factors
1 + stake (x - m) / (1 + m), is a nonnegative supermartingale from 1, and ever reaches
1 / tail with probability of at most tail (Ville 1939; betting for means: Waudby-Smith and
Ramdas 2024). Each factor falls in m, so the m that are ruled out lie below one number.

The capital is shared out beforehand among players of two kinds and four stakes: one kind
takes the sign that the sum of c - y in the item's bin has so far, the other that of the
sum over all bins, which sees earlier what over- and underconfident models have in common.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, uniform_bins

Values = npt.NDArray[np.float64]

# Shares of the capital that may be lost with one item. Each is best for errors that exceed m by about
# stake times the variance of c - y. Bets learned from the past stopped no earlier on average, and theirs is
# not a game whose capital falls in m.
STAKES = (0.03, 0.1, 0.3, 0.85)
_STEPS = 14
_LARGEST_EXPONENT = 700.0


def lower_sequence_end(confidence: FloatArray, correct: Answers, tail: float, bins: int = 15) -> float:
    """Return the greatest error that the items, in their order, have ruled out at one time or another.

    Parameters
    ----------
    confidence, correct : array of shape (n,)
        Confidences within [0, 1] and correctness, 0 or 1, of independent items in random order.
    tail : float
        Probability, over all numbers of items together, that the end ever exceeds the error.
    bins : int
        Number of uniform right-closed bins.

    Returns
    -------
    float
        From 0 to 1, to four digits; it never falls as items are added.

    Examples
    --------
    >>> round(lower_sequence_end(np.full(100, 0.9), np.zeros(100), 0.025), 2)
    0.78
    """
    gap = np.subtract(confidence, correct, dtype=np.float64)
    signed = (_sign_so_far(gap) * gap, _sign_by_bin(gap, uniform_bins(confidence, bins)) * gap)
    if not _ruled_out(0.0, signed, tail):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _ruled_out(middle, signed, tail) else (low, middle)
    return low


def _ruled_out(error: float, signed: tuple[Values, ...], tail: float) -> bool:
    """Say whether the capital of all players together ever reached 1 / tail, if each began with as much."""
    capital = np.zeros(len(signed[0]))
    for x in signed:
        for stake in STAKES:
            exponent = np.cumsum(np.log1p(stake / (1.0 + error) * (x - error)))
            capital += np.exp(np.minimum(exponent, _LARGEST_EXPONENT))
    return bool(capital.max() * tail >= len(signed) * len(STAKES))


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
