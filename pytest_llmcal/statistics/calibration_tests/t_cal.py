"""T-Cal: the unbiased squared error over coarse to fine bins."""

from __future__ import annotations

import math

import numpy as np

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values, starts_of, summed

_MOST_HALVINGS = 6


def t_cal(confidence: Values) -> Statistic:
    r"""Return the largest of the debiased plug-in errors over 1, 2, 4, ... bins, each in its own standard errors.

    With S_b the sum of r = c - y, :math:`T = \sum_b (S_b^2 - \sum_{i \in b} r_i^2) / n_b` is zero on average for a
    calibrated model (Lee, Huang, Hassani, Dobriban 2023), and its variance is
    :math:`\sum_b 2 (V_b^2 - \sum v_i^2) / n_b^2` with v = c (1 - c) and V_b their sum. Several numbers of bins, as in
    the adaptive version, see both broad and narrow errors. The bins hold about equally many items, not
    stretches of equal width: confidences of language models crowd near one.

    Parameters
    ----------
    confidence : array of shape (n,)
        Rising confidences; equal ones share a bin. At most 64 bins, with two items each on average or more.

    Examples
    --------
    >>> confidence = np.full(100, 0.9)
    >>> t_cal(confidence).of(np.stack([confidence - 1.0, confidence])).round(2).tolist()
    [7.82, 633.21]
    """
    n = len(confidence)
    variance = confidence * (1.0 - confidence)
    levels: list[tuple[IndexArray, Values, float]] = []
    for starts in _nested_bins(confidence):
        count = np.diff(np.append(starts, n)).astype(np.float64)
        pairs = summed(variance, starts) ** 2 - summed(variance**2, starts)
        spread = math.sqrt(max(0.0, 2.0 * float((pairs / count**2).sum())))
        if spread > 1e-12:
            levels.append((starts, count, spread))

    def of(rows: Values) -> Values:
        squares = rows**2
        found = [
            ((summed(rows, starts) ** 2 - summed(squares, starts)) / count).sum(axis=1) / spread
            for starts, count, spread in levels
        ]
        return np.max(found, axis=0) if found else np.zeros(len(rows))

    return Statistic(of)


def _nested_bins(confidence: Values) -> list[IndexArray]:
    """Return where bins begin, each number of them once; halving never moves an edge."""
    n = len(confidence)
    starts = starts_of(confidence)
    count = np.diff(np.append(starts, n))
    middle = np.repeat((np.cumsum(count) - 0.5 * count) / n, count)
    found: dict[int, IndexArray] = {}
    for halvings in range(_MOST_HALVINGS + 1):
        if halvings == 0 or 2**halvings <= n / 2:
            edges = starts_of(np.floor(middle * 2**halvings))
            found.setdefault(len(edges), edges)
    return list(found.values())
