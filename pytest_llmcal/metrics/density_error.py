"""Calibration error by kernel density estimation, with Beta kernels and leaving each item out of its own estimate."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

from pytest_llmcal.metrics.binning import Answers, FloatArray

Values = npt.NDArray[np.float64]

# Those that the paper's authors try.
BANDWIDTHS = tuple(float(h) for h in (*np.logspace(-5.0, -1.0, 15), *np.linspace(0.2, 1.0, 5)))
# A Beta density is 0 or infinite at 0 and 1.
_EDGE = 1e-7
# A likelihood must be better by more than rounding.
_BETTER = 1e-9


def best_bandwidth(confidence: FloatArray) -> float:
    """Return the bandwidth, of ``BANDWIDTHS``, under which each confidence is likeliest given all others.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1]; n at least 2. Time grows with n^2.

    Examples
    --------
    >>> best_bandwidth(np.array([0.5, 0.5, 0.9, 0.9])) == BANDWIDTHS[0]
    True
    """
    best, greatest = BANDWIDTHS[0], -math.inf
    for bandwidth in BANDWIDTHS:
        likelihood = float(_weights(confidence, bandwidth)[1].sum())
        if likelihood > greatest + _BETTER * abs(likelihood):
            best, greatest = bandwidth, likelihood
    return best


def leave_one_out_weights(confidence: FloatArray, bandwidth: float) -> Values:
    r"""Return the weights with which the other items speak at each item's confidence; shape (n, n), rows sum to one.

    Item j has weight proportional to the density of Beta(:math:`c_j / h + 1, (1 - c_j) / h + 1`) at :math:`c_i`,
    and none for itself.

    Examples
    --------
    >>> leave_one_out_weights(np.array([0.5, 0.5, 0.5]), 0.1).round(2).tolist()
    [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]
    """
    return _weights(confidence, bandwidth)[0]


def density_error(confidence: FloatArray, correct: Answers, bandwidth: float) -> float:
    r"""Return the L1 calibration error with accuracies from a kernel density ratio.

    :math:`\frac{1}{n} \sum_i | \sum_{j \neq i} w_{ij} y_j - c_i |` with the weights of ``leave_one_out_weights``
    (Popordanoska, Sayer, Blaschko 2022; of the answer alone, where they add that of its opposite).

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1]; n at least 2.
    correct : array of shape (n,)
        0 or 1, or true probabilities.
    bandwidth : float
        The kernel's h, above 0.

    Returns
    -------
    float
        Between 0 and 1. Biased upward for few items.

    Examples
    --------
    >>> round(density_error(np.full(10, 0.9), np.zeros(10), 0.1), 3)
    0.9
    """
    weights = leave_one_out_weights(confidence, bandwidth)
    gap = weights @ np.asarray(correct, dtype=np.float64) - confidence
    return min(1.0, float(np.abs(gap).mean()))  # weights may sum to a rounding more than one


def _weights(confidence: FloatArray, bandwidth: float) -> tuple[Values, Values]:
    """Return the weights, and the log of the sum of each row before it is made one."""
    c = np.clip(confidence.astype(np.float64), _EDGE, 1.0 - _EDGE)
    weights = (np.log(c)[:, None] * c + np.log1p(-c)[:, None] * (1.0 - c)) / bandwidth
    weights -= betaln(c / bandwidth + 1.0, (1.0 - c) / bandwidth + 1.0)
    np.fill_diagonal(weights, -np.inf)
    greatest = weights.max(axis=1)
    weights -= greatest[:, None]
    np.exp(weights, out=weights)
    total = weights.sum(axis=1)
    weights /= total[:, None]
    return weights, greatest + np.log(total)
