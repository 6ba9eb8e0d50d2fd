"""The rising curve that is nearest to the answers: isotonic regression, equal confidences pooled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from pytest_llmcal.metrics.binning import Answers, FloatArray
from pytest_llmcal.metrics.bins import Bins

Values = npt.NDArray[np.float64]


def isotonic_fit(confidence: FloatArray, correct: Answers) -> tuple[Values, Values]:
    """Return the distinct confidences, rising, and the fitted accuracy of each.

    Pool adjacent violators (Ayer, Brunk, Ewing, Reid, Silverman 1955) over the accuracies of the
    distinct confidences: of all rising curves the one with the least Brier score, and the least log score.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        Confidences, and what was right.

    Examples
    --------
    >>> levels, fitted = isotonic_fit(np.array([0.2, 0.6, 0.8, 0.8]), np.array([1, 0, 1, 1]))
    >>> levels.tolist(), fitted.tolist()
    ([0.2, 0.6, 0.8], [0.5, 0.5, 1.0])
    """
    levels, place, count = np.unique(confidence, return_inverse=True, return_counts=True)
    accuracy = np.bincount(place, np.asarray(correct, dtype=np.float64)) / count
    return levels.astype(np.float64), rising(accuracy, count.astype(np.float64))


def rising(accuracy: Values, count: Values) -> Values:
    """Return the rising numbers nearest to accuracies of so many items each.

    Examples
    --------
    >>> rising(np.array([0.5, 0.2, 0.9]), np.array([1.0, 2.0, 1.0])).round(4).tolist()
    [0.3, 0.3, 0.9]
    """
    # Rounding of a mean must not carry an accuracy past 0 or 1.
    return np.asarray(np.clip(isotonic_regression(accuracy, weights=count).x, 0.0, 1.0))


def isotonic_bins(confidence: FloatArray, correct: Answers) -> Bins:
    """Return the pools of the isotonic fit as bins: as many, and as wide, as the answers ask for.

    Dimitriadis, Gneiting, Jordan (2021): the accuracy of each pool is the curve of the CORP reliability diagram.

    Examples
    --------
    >>> isotonic_bins(np.array([0.2, 0.6, 0.8, 0.8]), np.array([1, 0, 1, 1])).upper.tolist()
    [0.6, 0.8]
    """
    levels, fitted = isotonic_fit(confidence, correct)
    return Bins("corp", levels[np.append(np.diff(fitted) > 0.0, True)])
