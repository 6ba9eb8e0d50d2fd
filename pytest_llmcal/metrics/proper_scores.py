"""Proper scores, item by item: their mean is smallest, in expectation, for the true probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray

Losses = npt.NDArray[np.float64]


def brier_losses(probabilities: FloatArray, labels: npt.NDArray[np.integer]) -> Losses:
    r"""Return each item's multi-class Brier loss, :math:`\sum_k (p_k - [k = y])^2`.

    The sum over all choices, as Brier (1950) has it: from 0 to 2.

    Parameters
    ----------
    probabilities : array of shape (n, k)
        Rows sum to one.
    labels : array of shape (n,)
        Index of the right choice.

    Examples
    --------
    >>> brier_losses(np.array([[0.5, 0.25, 0.25]]), np.array([0])).tolist()
    [0.375]
    """
    right = np.take_along_axis(probabilities, labels[:, None], axis=1)[:, 0].astype(np.float64)
    squares: Losses = np.einsum("ij,ij->i", probabilities, probabilities, dtype=np.float64, casting="safe")
    return squares + 1.0 - 2.0 * right


def binary_brier_losses(confidence: FloatArray, correct: Answers) -> Losses:
    """Return each item's (c - y)^2, from 0 to 1.

    Examples
    --------
    >>> binary_brier_losses(np.array([0.75]), np.array([1])).tolist()
    [0.0625]
    """
    gap: Losses = np.subtract(confidence, correct, dtype=np.float64)
    return gap * gap


def nll_losses(log_probabilities: FloatArray, labels: npt.NDArray[np.integer]) -> Losses:
    """Return each item's negative natural log probability of the right choice.

    Nothing is clipped: a right choice of probability zero costs infinity, and that is a finding.

    Parameters
    ----------
    log_probabilities : array of shape (n, k)
        Natural logarithms; minus infinity for a choice that is not there.
    labels : array of shape (n,)
        Index of the right choice.

    Examples
    --------
    >>> nll_losses(np.log([[0.5, 0.5]]), np.array([1])).round(4).tolist()
    [0.6931]
    """
    chosen = np.take_along_axis(log_probabilities, labels[:, None], axis=1)[:, 0]
    return np.abs(-chosen.astype(np.float64))  # abs: a certain and right answer costs 0.0, not -0.0


def binary_nll_losses(confidence: FloatArray, correct: Answers) -> Losses:
    """Return each item's -log c where the answer was right, -log(1 - c) where it was wrong.

    Examples
    --------
    >>> binary_nll_losses(np.array([1.0, 1.0]), np.array([True, False])).tolist()
    [0.0, inf]
    """
    c = confidence.astype(np.float64)
    with np.errstate(divide="ignore"):  # log 0 is minus infinity, on purpose
        return np.abs(np.where(correct.astype(bool), np.log(c), np.log1p(-c)))
