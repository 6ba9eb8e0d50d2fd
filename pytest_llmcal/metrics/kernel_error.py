"""Squared kernel calibration error of the answers, with the Laplacian kernel.

For c below c' the kernel exp(-|c - c'| / width) is a product of a part of each, so the sum over all pairs
needs one sort and one running sum, not n^2 steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray

Values = npt.NDArray[np.float64]

# Below it e^(1 / bandwidth) nears the greatest double.
LEAST_BANDWIDTH = 0.002


def skce(confidence: FloatArray, correct: Answers, bandwidth: float = 0.1) -> float:
    r"""Return the squared kernel calibration error without bias; chance may carry it below zero.

    :math:`\binom{n}{2}^{-1} \sum_{i < j} k(c_i, c_j) (c_i - y_i) (c_j - y_j)` with
    :math:`k(c, c') = e^{-|c - c'| / \ell}` (Widmann, Lindsten, Zachariah 2019, for the answer that was chosen).

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1]; n at least 2.
    correct : array of shape (n,)
        0 or 1, or graded between.
    bandwidth : float
        The kernel's :math:`\ell`, at least 0.002.

    Returns
    -------
    float
        Between -1 and 1; its expectation is at least 0, and 0 only for a calibrated model.

    Examples
    --------
    >>> round(skce(np.full(4, 0.9), np.array([1, 1, 0, 0])), 3), round(skce(np.full(4, 0.9), np.zeros(4)), 3)
    (0.077, 0.81)
    """
    return float(skce_terms(confidence, correct, bandwidth).mean())


def skce_terms(confidence: FloatArray, correct: Answers, bandwidth: float = 0.1) -> Values:
    r"""Return what each item adds: :math:`\frac{1}{n - 1} \sum_{j \neq i} k(c_i, c_j) r_i r_j`; their mean is ``skce``.

    Parameters
    ----------
    confidence, correct, bandwidth
        As for ``skce``.

    Returns
    -------
    array of shape (n,)
        In the order of the items. They depend on each other.

    Examples
    --------
    >>> skce_terms(np.array([0.5, 0.5, 1.0]), np.array([1, 0, 1])).round(3).tolist()
    [-0.125, -0.125, 0.0]
    """
    if len(confidence) < 2:
        raise ValueError("the error is a mean over pairs of items, and there is one item only")
    order = np.argsort(confidence, kind="stable")
    place = confidence[order].astype(np.float64) / bandwidth
    residual: Values = np.subtract(confidence[order], correct[order], dtype=np.float64)
    left = _from_the_left(place, residual)
    right = _from_the_left(-place[::-1], residual[::-1])[::-1]
    terms = np.empty_like(residual)
    terms[order] = residual * (left + right) / (len(residual) - 1)
    return terms


def block_means(confidence: FloatArray, correct: Answers, size: int, bandwidth: float = 0.1) -> Values:
    """Return ``skce`` of each block of ``size`` items that follow each other, a last part of a block left out.

    The blocks are independent where the items are, so the mean of these has the variance of a mean; it varies more
    than ``skce`` of all. With ``size`` 2 it is the linear estimator of Widmann, Lindsten, Zachariah (2019).

    Parameters
    ----------
    confidence, correct, bandwidth
        As for ``skce``; in an order that says nothing about them.
    size : int
        Items of a block, at least 2 and at most n.

    Returns
    -------
    array of shape (n // size,)

    Examples
    --------
    >>> block_means(np.full(5, 0.5), np.array([1, 1, 0, 1, 1]), 2).tolist()
    [0.25, -0.25]
    """
    if not 2 <= size <= len(confidence):
        raise ValueError(f"a block has 2 to {len(confidence)} items, got {size}")
    starts = range(0, len(confidence) - size + 1, size)
    blocks = (slice(start, start + size) for start in starts)
    return np.array([skce(confidence[block], correct[block], bandwidth) for block in blocks])


def _from_the_left(place: Values, residual: Values) -> Values:
    """Return the sum over all items before each of exp(-(distance)) times their residual; places ascend."""
    growing = np.exp(place - place[0])
    residual = residual * growing
    total = np.cumsum(residual)
    total -= residual
    total /= growing
    return total
