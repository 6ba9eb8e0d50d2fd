"""Interval and noise floor of the calibration error by kernel density estimation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray
from pytest_llmcal.metrics.graded import dispersion, is_graded
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.noise_floor import SEED
from pytest_llmcal.statistics.smoothed_gaps import SmoothedGaps

Values = npt.NDArray[np.float64]

DRAWS = 400
_FEWEST = 3
_PSEUDO_ITEMS = 1.0
# A point whose squared weights sum to more than this hears fewer than two items: nothing is known of its gap.
_ALONE = 0.5


def density_gaps(confidence: FloatArray, correct: Answers, weights: Values, design: float = 1.0) -> SmoothedGaps:
    """Return the gap of each item by the answers of the others.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    correct : array of shape (n,)
        0 or 1, or graded between.
    weights : array of shape (n, n)
        From ``leave_one_out_weights``.
    design : float
        So many items count as one.
    """
    n = len(confidence)
    c, right = confidence.astype(np.float64), np.asarray(correct, dtype=np.float64)
    answers, squares = weights @ right, weights**2
    gap = answers - c
    noise = design * (right - c) ** 2
    # (y_j - c_i)^2, where 0 and 1 are their own squares
    own = squares @ right**2 - 2.0 * c * (squares @ right) if is_graded(right) else (1.0 - 2.0 * c) * (squares @ right)
    return SmoothedGaps(
        gap=gap,
        share=np.full(n, 1.0 / n),
        weights=weights,
        noise=noise,
        greatest=np.maximum(noise, design * dispersion(c, right) * c * (1.0 - c)),
        unseen=np.full(n, design * _PSEUDO_ITEMS / n),
        itself=design * (own + c**2 * squares.sum(axis=1)),
        paired=np.maximum(1.0 - design * squares.sum(axis=1), 1.0 - _ALONE),
        scatter=design * float(np.abs(gap).var()) / n,
    )


def density_error_interval(gaps: SmoothedGaps, confidence: FloatArray, level: float, design: float = 1.0) -> Interval:
    """Return the interval of the L1 error by kernel density, for the bandwidth at hand.

    It is about the same error of all answers that the model could give, smoothed as much. An item with fewer than two
    others near it adds all that its gap may be to the upper end.

    Parameters
    ----------
    gaps : SmoothedGaps
        From ``density_gaps``.
    confidence : array of shape (n,)
        Floats within [0, 1].
    level : float
        Two-sided.
    design : float
        So many items count as one.

    Examples
    --------
    >>> from pytest_llmcal.metrics.density_error import leave_one_out_weights
    >>> c, right = np.full(500, 0.9), np.arange(500) < 350
    >>> gaps = density_gaps(c, right, leave_one_out_weights(c, 0.1))
    >>> [round(end, 2) for end in density_error_interval(gaps, c, 0.95)]
    [0.15, 0.25]
    """
    tail = (1.0 - level) / 2.0
    low = max(gaps.lower_end(tail), gaps.one_sign_end(tail))
    if len(confidence) / design < _FEWEST:
        return Interval(low, 1.0)
    alone = design * (gaps.weights**2).sum(axis=1) > _ALONE
    greatest = np.maximum(confidence, 1.0 - confidence).astype(np.float64)
    near = replace(gaps, share=np.where(alone, 0.0, gaps.share))
    high = near.upper_end(tail) + float(gaps.share[alone] @ greatest[alone])
    return Interval(low, min(1.0, max(low, high)))


def density_noise_floor(
    confidence: FloatArray, weights: Values, design: float = 1.0, spread: float | None = None
) -> tuple[float, float]:
    """Return mean and 95th percentile of the error that chance alone gives, correctness redrawn from the confidences.

    Parameters
    ----------
    confidence : array of shape (n,)
        In ascending order, so that the draws are the same whatever the order of the rows.
    weights : array of shape (n, n)
        From ``leave_one_out_weights``.
    design : float
        So many items count as one: chance is larger by its root.
    spread : float, optional
        Of graded answers their ``dispersion``: they are then drawn as normals of so much less variance.
    """
    c, generator = confidence.astype(np.float64), np.random.default_rng(SEED)
    if spread is None:
        residual = (generator.random((len(c), DRAWS)) < c[:, None]) - c[:, None]
    else:
        residual = generator.standard_normal((len(c), DRAWS)) * np.sqrt(spread * c * (1.0 - c))[:, None]
    errors = np.abs(weights @ (residual * math.sqrt(design)) + (weights @ c - c)[:, None]).mean(axis=0)
    errors = np.minimum(errors, 1.0)
    return float(errors.mean()), float(np.quantile(errors, 0.95))
