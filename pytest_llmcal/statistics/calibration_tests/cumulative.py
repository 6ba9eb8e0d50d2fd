"""Tests by cumulative differences: how far the sum of c - y walks from zero, by rising confidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from pytest_llmcal.statistics.calibration_tests.brownian import exceeds_in_absolute_value, exceeds_in_range
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values, starts_of, summed


def kolmogorov_smirnov(confidence: Values) -> Statistic:
    r"""Return the largest absolute value of the walk, in units of :math:`\sqrt{\sum c (1 - c)}`.

    Arrieta-Ibarra, Gujral, Tannen, Tygert, Xu (2022). No bins. Where items are many it goes as far as
    a Brownian motion.

    Parameters
    ----------
    confidence : array of shape (n,)
        Rising confidences. The walk is looked at between different ones only.

    Examples
    --------
    >>> kolmogorov_smirnov(np.array([0.5, 0.8])).of(np.array([[0.5, -0.2]])).round(3).tolist()
    [0.781]
    """
    return _walk(confidence, lambda high, low: np.maximum(high, -low), exceeds_in_absolute_value)


def kuiper(confidence: Values) -> Statistic:
    """Return how far the walk goes from its lowest point to its highest, its start at zero among them.

    As ``kolmogorov_smirnov`` in everything else: it is the largest absolute sum of c - y over any stretch of
    confidences, so it sees a stretch of too much confidence beside one of too little.

    Examples
    --------
    >>> kuiper(np.array([0.5, 0.8])).of(np.array([[0.5, -0.8]])).round(3).tolist()
    [1.249]
    """
    return _walk(confidence, lambda high, low: high - low, exceeds_in_range)


def _walk(
    confidence: Values, reach: Callable[[Values, Values], Values], exceeds: Callable[[float], float]
) -> Statistic:
    starts = starts_of(confidence)
    spread = math.sqrt(float((confidence * (1.0 - confidence)).sum())) or 1.0

    def of(rows: Values) -> Values:
        walk = np.cumsum(summed(rows, starts), axis=1)
        return reach(np.maximum(walk.max(axis=1), 0.0), np.minimum(walk.min(axis=1), 0.0)) / spread

    return Statistic(of, exceeds)
