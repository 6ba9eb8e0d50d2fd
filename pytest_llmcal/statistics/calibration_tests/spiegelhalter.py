"""Spiegelhalter's test: whether the Brier score is what the confidences promise."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values


def spiegelhalter(confidence: Values) -> Statistic:
    r"""Return the absolute value of Spiegelhalter's z, tested on both sides.

    :math:`z = \sum (y - c)(1 - 2c) / \sqrt{\sum (1 - 2c)^2 c (1 - c)}` (Spiegelhalter 1986), normal where items
    are many. It is negative for underconfidence where confidences are above one half, and a test of one
    side never sees one of the two. What balances out in this sum it does not see either.

    Parameters
    ----------
    confidence : array of shape (n,)
        Rising confidences, of which ``sees`` is true.

    Examples
    --------
    >>> spiegelhalter(np.array([0.8, 0.8])).of(np.array([[0.8, 0.8], [-0.2, -0.2]])).round(2).tolist()
    [2.83, 0.71]
    """
    weight = 1.0 - 2.0 * confidence
    spread = math.sqrt(float((weight**2 * confidence * (1.0 - confidence)).sum()))
    return Statistic(lambda rows: np.asarray(np.abs(rows @ weight) / spread), lambda z: 2.0 * float(ndtr(-z)))


def sees(confidence: FloatArray) -> bool:
    """Tell whether z exists: where all confidences are 0, one half or 1 it is zero by zero.

    Examples
    --------
    >>> sees(np.array([0.0, 0.5, 1.0])), sees(np.array([0.5, 0.6]))
    (False, True)
    """
    return not np.isin(confidence, (0.0, 0.5, 1.0)).all()
