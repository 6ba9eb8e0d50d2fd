"""How far a Brownian motion goes until time one."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

# Less is exceeded nearly always, and the series, which is short for large values, would be long.
_SURE = 0.3
_TERMS = 60


def exceeds_in_absolute_value(distance: float) -> float:
    r"""Return the probability that the largest absolute value is above ``distance``.

    :math:`4 \sum_{k \ge 0} (-1)^k (1 - \Phi((2k + 1) x))` (Feller 1971, section X.5).

    Examples
    --------
    >>> round(exceeds_in_absolute_value(2.241), 3)
    0.05
    """
    if distance < _SURE:
        return 1.0
    k = np.arange(_TERMS)
    return min(1.0, max(0.0, float(4.0 * ((-1.0) ** k * ndtr(-(2.0 * k + 1.0) * distance)).sum())))


def exceeds_in_range(distance: float) -> float:
    r"""Return the probability that maximum less minimum is above ``distance``.

    :math:`8 \sum_{k \ge 1} (-1)^{k-1} k (1 - \Phi(kx))` (Feller 1951).

    Examples
    --------
    >>> round(exceeds_in_range(2.498), 3)
    0.05
    """
    if distance < _SURE:
        return 1.0
    k = np.arange(1, _TERMS + 1)
    return min(1.0, max(0.0, float(-8.0 * ((-1.0) ** k * k * ndtr(-k * distance)).sum())))
