"""Two ends, in plain floats."""

from __future__ import annotations

from typing import NamedTuple

from scipy.special import ndtri


class Interval(NamedTuple):
    """A two-sided interval: the truth lies below ``low``, or above ``high``, in at most half of the error rate each.

    Attributes
    ----------
    low, high : float
        Its ends.
    """

    low: float
    high: float


def normal_quantile(confidence: float) -> float:
    """Return z so that a standard normal lies within +-z with this probability.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return float(ndtri(0.5 + 0.5 * confidence))
