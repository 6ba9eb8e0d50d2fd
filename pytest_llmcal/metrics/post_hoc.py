"""How good confidences become by a map that is fitted to other items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray
from pytest_llmcal.metrics.isotonic import isotonic_fit

Values = npt.NDArray[np.float64]
Fitted = Callable[[FloatArray], Values]

# Confidences of zero and one have no finite logit; beyond this no accuracy of any data set differs.
_FARTHEST = 36.0


def cross_fitted(fit: Callable[[FloatArray, Answers], Fitted], c: FloatArray, y: Answers, fold: IndexArray) -> Values:
    """Return the mapped confidence of each item, by a map fitted to the items of the other folds.

    Parameters
    ----------
    fit : callable
        ``isotonic_map`` or ``logistic_map``.
    c, y : arrays of shape (n,)
        Confidences, and what was right.
    fold : array of shape (n,)
        Fold of each item; two folds or more.

    Examples
    --------
    >>> cross_fitted(isotonic_map, np.array([0.5, 0.5, 0.5]), np.array([1, 0, 0]), np.array([0, 0, 1])).tolist()
    [0.0, 0.0, 0.5]
    """
    mapped = np.empty(len(c))
    for one in range(int(fold.max()) + 1):
        held = fold == one
        mapped[held] = fit(c[~held], y[~held])(c[held])
    return mapped


def isotonic_map(confidence: FloatArray, correct: Answers) -> Fitted:
    """Return the isotonic fit (Zadrozny, Elkan 2002), straight between the confidences that were seen.

    Examples
    --------
    >>> isotonic_map(np.array([0.2, 0.8]), np.array([0, 1]))(np.array([0.1, 0.5, 0.9])).round(4).tolist()
    [0.0, 0.5, 1.0]
    """
    levels, fitted = isotonic_fit(confidence, correct)
    return lambda c: np.asarray(np.interp(c.astype(np.float64), levels, fitted))


def logistic_map(confidence: FloatArray, correct: Answers) -> Fitted:
    """Return the logistic fit on the logit of the confidence, temperature and bias, with Platt's (1999) targets.

    The targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2) for N+ right and N- wrong answers, keep the fit
    finite where all are right, all are wrong, or both are apart.

    Examples
    --------
    >>> confidence = np.repeat([0.6, 0.9], 1000)
    >>> correct = np.arange(2000) % 10 < np.repeat([6, 9], 1000)
    >>> logistic_map(confidence, correct)(np.array([0.6, 0.9])).round(2).tolist()
    [0.6, 0.9]
    """
    right = np.asarray(correct, dtype=np.float64)
    levels, place, count = np.unique(confidence, return_inverse=True, return_counts=True)
    rights = np.bincount(place, right)
    high, low = (right.sum() + 1.0) / (right.sum() + 2.0), 1.0 / (len(right) - right.sum() + 2.0)
    target, x = rights * high + (count - rights) * low, _logit(levels)
    spread = max(1.0, float(np.abs(x).max()))

    def loss(parameters: Values) -> tuple[float, Values]:
        z = parameters[0] * x / spread + parameters[1]
        slope = (count * expit(z) - target) / len(right)
        return float((count * np.logaddexp(0.0, z) - target * z).sum() / len(right)), np.array(
            [slope @ x / spread, slope.sum()]
        )

    found = minimize(loss, np.array([spread, 0.0]), jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 1e-13})
    scale, bias = found.x[0] / spread, found.x[1]
    return lambda c: np.asarray(expit(scale * _logit(c) + bias))


def _logit(confidence: FloatArray) -> Values:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(logit(confidence.astype(np.float64)), -_FARTHEST, _FARTHEST))
