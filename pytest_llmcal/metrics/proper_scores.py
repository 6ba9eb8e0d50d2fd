"""Proper scores: their mean is smallest, in expectation, for the true probabilities.

Each function returns what every outcome would cost, one column an outcome; the column
of what was right is the loss, and the others say what it might have been.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import FloatArray

Losses = npt.NDArray[np.float64]


def brier_losses(probabilities: FloatArray) -> Losses:
    r"""Return the multi-class Brier loss, :math:`\sum_k (p_k - [k = y])^2`, for each right choice y.

    The sum over all choices, as Brier (1950) has it: from 0 to 2.

    Parameters
    ----------
    probabilities : array of shape (n, k)
        Rows sum to one.

    Returns
    -------
    array of shape (n, k)
        Loss of each item if the choice of that column were right.

    Examples
    --------
    >>> brier_losses(np.array([[0.5, 0.25, 0.25]])).tolist()
    [[0.375, 0.875, 0.875]]
    """
    p = probabilities.astype(np.float64)
    # Grouped so that a certain and right answer costs exactly zero.
    others = np.einsum("ij,ij->i", p, p)[:, None] - p * p
    return np.asarray(others + (1.0 - p) ** 2)


def binary_brier_losses(confidence: FloatArray) -> Losses:
    """Return (c - y)^2, from 0 to 1, for y = 0 and y = 1: an array of shape (n, 2).

    Examples
    --------
    >>> binary_brier_losses(np.array([0.75])).tolist()
    [[0.5625, 0.0625]]
    """
    c = confidence.astype(np.float64)
    return np.asarray(np.stack((c * c, (1.0 - c) ** 2)).T)  # columns in one piece, which are compared fast


def nll_losses(log_probabilities: FloatArray) -> Losses:
    """Return the negative log-likelihood in nats of each choice, an array of shape (n, k).

    Nothing is clipped: a right choice of probability zero costs infinity, and that is a finding.

    Parameters
    ----------
    log_probabilities : array of shape (n, k)
        Natural logarithms; minus infinity for a probability of zero.

    Examples
    --------
    >>> nll_losses(np.log([[0.5, 0.5]])).round(4).tolist()
    [[0.6931, 0.6931]]
    """
    return np.abs(log_probabilities.astype(np.float64))  # of numbers that are not above zero; abs(-0.0) is 0.0


def binary_nll_losses(confidence: FloatArray) -> Losses:
    """Return -log(1 - c) and -log c, what a wrong and a right answer cost: an array of shape (n, 2).

    Examples
    --------
    >>> binary_nll_losses(np.array([1.0])).tolist()
    [[inf, 0.0]]
    """
    c = confidence.astype(np.float64)
    with np.errstate(divide="ignore"):  # log 0 is minus infinity, on purpose
        logs: Losses = np.stack((np.log1p(-c), np.log(c))).T
    return np.abs(logs)
