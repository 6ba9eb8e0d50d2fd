"""Tests by cumulative differences: how far the sum of c - y walks from zero, by rising confidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from pytest_llmcal.statistics.calibration_tests.brownian import exceeds_in_absolute_value, exceeds_in_range
from pytest_llmcal.statistics.calibration_tests.draws import SEED
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values, starts_of, summed

# A walk of few large steps, as over verbalised confidences, does not go as far as a Brownian motion, whose law would
# refute a calibrated model of five confidences in 1.7% of draws in place of 5%.
_FEW_STEPS = 200
_DRAWS = 9999

Reach = Callable[[Values, Values], Values]


def kolmogorov_smirnov(confidence: Values) -> Statistic:
    r"""Return the largest absolute value of the walk, in units of :math:`\sqrt{\sum c (1 - c)}`.

    Arrieta-Ibarra, Gujral, Tannen, Tygert, Xu (2022). No bins. Where items are many it goes as far as
    a Brownian motion, or where confidences are few, as a walk of normal steps.

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


def _walk(confidence: Values, reach: Reach, exceeds: Callable[[float], float]) -> Statistic:
    starts = starts_of(confidence)
    variance = summed(confidence * (1.0 - confidence), starts)
    spread = math.sqrt(float(variance.sum())) or 1.0

    def steps(sums: Values) -> Values:
        walk = np.cumsum(sums, axis=1)
        return reach(np.maximum(walk.max(axis=1), 0.0), np.minimum(walk.min(axis=1), 0.0)) / spread

    def few_steps(statistic: float) -> float:
        drawn = np.random.default_rng(SEED).standard_normal((_DRAWS, len(starts))) * np.sqrt(variance)
        reached = int((steps(drawn) >= statistic).sum())
        return (1 + reached) / (1 + _DRAWS) if reached else min(1.0 / (1 + _DRAWS), exceeds(statistic))

    limit = few_steps if len(starts) <= _FEW_STEPS else exceeds
    return Statistic(lambda rows: steps(summed(rows, starts)), limit)
