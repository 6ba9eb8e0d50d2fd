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


def upper_normal_quantile(tail: float) -> float:
    """Return z so that a standard normal exceeds it with probability ``tail``.

    Examples
    --------
    >>> round(upper_normal_quantile(0.025), 4)
    1.96
    """
    return -float(ndtri(tail))
