"""The temperature of greatest likelihood, in few passes over the logits."""

from __future__ import annotations

import math

import numpy as np

from pytest_llmcal.calibrators.of_choices import distances
from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores.choices import Choices, Doubles

# Temperatures searched. A fit that runs into an end has no minimum inside.
LOWEST, HIGHEST = 1e-4, 1e4
_ENDS = (-math.log(HIGHEST), -math.log(LOWEST))
_STEPS = 100
# Where there is an optimum Newton's method is near it after so many steps; towards infinity it takes ever more.
_PATIENCE = 10
# Newton's method squares the error: after a step below this, what is left is below the rounding.
_LAST_STEP = 1e-6
# The optimum of so many items is near that of all, and costs next to nothing.
_FEW = 2000


def best_inverse_temperature(choices: Choices) -> tuple[float, bool]:
    """Return 1/T of least negative log-likelihood, and whether it lies at an end of the range searched.

    Newton's method in log(1/T), kept inside a shrinking bracket, from the optimum of every so manyth item.
    Logits in half or single precision are worked on in single precision; sums over items are double.

    Parameters
    ----------
    choices : Choices
        No right choice may be impossible.

    Returns
    -------
    inverse : float
        1/T; one where all choices are equally probable and T changes nothing.
    at_bound : bool
        Whether the likelihood pushes T to 1e-4 or 1e4.
    """
    n = len(choices.labels)
    start = 0.0
    if n >= 4 * _FEW:
        inverse, at_bound = _least(choices.take(np.arange(0, n, n // _FEW)), 0.0)
        start = 0.0 if at_bound else math.log(inverse)
    return _least(choices, start)


def _least(choices: Choices, at: float) -> tuple[float, bool]:
    """Search from log(1/T) = ``at``."""
    low, high = _ENDS
    for taken in range(_STEPS):
        inverse = math.exp(at)
        slope, curvature = slopes(choices, inverse)
        low, high = (low, at) if slope > 0.0 else (at, high)
        away = -math.inf if slope > 0.0 else math.inf
        following = at - slope / (inverse * curvature) if curvature > 0.0 else away
        if taken == _PATIENCE or not low < following < high:
            end = low if slope > 0.0 else high
            if end in _ENDS and _pushed_beyond(choices, end):
                return (1.0, False) if _is_flat(choices) else (math.exp(end), True)
            following = 0.5 * (low + high)
        at, moved = following, abs(following - at)
        if moved < _LAST_STEP:
            break
    return math.exp(at), False


def _pushed_beyond(choices: Choices, end: float) -> bool:
    slope = slopes(choices, math.exp(end))[0]
    return slope >= 0.0 if end == _ENDS[0] else slope <= 0.0


def _is_flat(choices: Choices) -> bool:
    # At the highest temperature no weight has vanished, so that only equal logits have no variance.
    return slopes(choices, math.exp(_ENDS[0]))[1] == 0.0


def slopes(choices: Choices, inverse: float) -> tuple[float, float]:
    """Return first and second derivative of the summed negative log-likelihood by 1/T.

    These are the mean distance to the largest logit less that of the right choice, and its variance.
    """
    slope = curvature = 0.0
    for rows, distance in distances(choices):
        weights = distance * distance.dtype.type(inverse)
        np.exp(weights, out=weights)
        if distance.min() == -np.inf:
            # A choice that is not there has weight zero; minus infinity times zero would be NaN.
            distance[np.isneginf(distance)] = 0.0
        total = weights.sum(axis=1).astype(np.float64)
        first = _row_sums(weights, distance) / total
        np.multiply(weights, distance, out=weights)
        second = _row_sums(weights, distance) / total
        right = distance[np.arange(len(distance)), choices.labels[rows]]
        slope += float((first - right).sum())
        curvature += float((second - first * first).sum())
    return slope, curvature


def _row_sums(weights: FloatArray, values: FloatArray) -> Doubles:
    return np.asarray(np.einsum("ij,ij->i", weights, values), dtype=np.float64)
