"""Proper scores: their mean is smallest, in expectation, for the true probabilities.

Each function returns what every outcome would cost, one column an outcome; the column
of what was right is the loss, and the others say what it might have been.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import xlog1py, xlogy

from pytest_llmcal.metrics.binning import Answers, FloatArray
from pytest_llmcal.metrics.graded import is_graded

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


def graded_brier_losses(confidence: FloatArray, correct: Answers) -> Losses:
    """Return (c - y)^2 of graded correctness y, an array of shape (n,).

    It is least, on average, where c is the mean of y (Savage 1971). Unlike for 0/1 answers, a fully right answer is
    no certain one: how much y varies about its mean is in it too.

    Examples
    --------
    >>> graded_brier_losses(np.array([0.75]), np.array([0.25])).tolist()
    [0.25]
    """
    return np.asarray((confidence.astype(np.float64) - correct) ** 2)


def graded_nll_losses(confidence: FloatArray, correct: Answers) -> Losses:
    """Return the cross entropy -(y log c + (1 - y) log(1 - c)) of graded correctness y, an array of shape (n,).

    The Bernoulli quasi-likelihood, least on average where c is the mean of y (Gourieroux, Monfort, Trognon 1984; Papke,
    Wooldridge 1996). Infinite where c is 0 and y is not, or c is 1 and y is not.

    Examples
    --------
    >>> graded_nll_losses(np.array([0.5, 1.0, 1.0]), np.array([0.3, 1.0, 0.9])).round(4).tolist()
    [0.6931, 0.0, inf]
    """
    c, y = confidence.astype(np.float64), np.asarray(correct, dtype=np.float64)
    return np.asarray(np.abs(xlogy(y, c) + xlog1py(1.0 - y, -c)))


def answer_losses(
    confidence: FloatArray,
    correct: Answers,
    costs: Callable[[FloatArray], Losses],
    graded: Callable[[FloatArray, Answers], Losses],
) -> Losses:
    """Return the loss of each answer, by correctness that is 0 or 1, or graded.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        Confidences, and correctness from 0 to 1.
    costs : callable
        ``binary_brier_losses`` or ``binary_nll_losses``.
    graded : callable
        The same for graded correctness.

    Examples
    --------
    >>> answer_losses(np.array([0.75, 0.75]), np.array([1, 0]), binary_brier_losses, graded_brier_losses).tolist()
    [0.0625, 0.5625]
    """
    if is_graded(correct):
        return graded(confidence, correct)
    right = np.asarray(correct, dtype=np.intp)
    return np.asarray(np.take_along_axis(costs(confidence), right[:, None], axis=1)[:, 0])
