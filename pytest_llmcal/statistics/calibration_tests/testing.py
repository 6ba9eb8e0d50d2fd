"""From confidences and answers to a p-value, in the way that is valid for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray
from pytest_llmcal.metrics.graded import is_graded
from pytest_llmcal.statistics.calibration_tests.draws import p_value, redrawn, redrawn_together, sign_flips
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values

# Up to here answers are redrawn; beyond it, laws for many items stand where answers vary enough.
REDRAWN_UP_TO = 2000
# Least sum of c (1 - c): as many surprising answers, about, does a calibrated model give.
_LEAST_VARIANCE = 200.0
# Least number of equal clusters in which a calibrated model surprises, however dependent they are: fewer are not enough
# to tell from themselves how much they vary. From ten, sign flips refuted it in 4% of draws at 1%.
_LEAST_SURPRISES = 40.0


class Finding(NamedTuple):
    """What a test found.

    Attributes
    ----------
    statistic : float
        Infinite where an outcome was impossible.
    p_value : float
        How often a calibrated model shows as large a statistic, from 0 to 1.
    method : str
        Where the p-value is from, in words.
    """

    statistic: float
    p_value: float
    method: str


def examine(
    statistic_of: Callable[[Values], Statistic],
    confidence: FloatArray,
    correct: Answers,
    members: IndexArray | None = None,
) -> Finding:
    """Test calibration.

    An item that is not fully right at a confidence of exactly one, or not fully wrong at one of zero, is impossible
    for a calibrated model: the p-value is then 0. Otherwise it is that of redraws, exact for few items and for
    confidences near one; of the law for many items, where there are more than 2,000 whose answers vary enough; or, for
    clusters, of sign flips, or of redraws in which clusters are right or wrong together where too few of them would
    surprise. How much
    graded answers vary no confidence says, so that of these the signs are flipped one by one (the wild bootstrap of Liu
    1988, Mammen 1993); where too few would surprise they are redrawn as 0/1, which is the most that they may vary.

    Parameters
    ----------
    statistic_of : callable
        A test of this folder: from rising confidences to its statistic.
    confidence, correct : arrays of shape (n,)
        Floats within [0, 1]; 0 and 1, or graded between.
    members : array of shape (n,), optional
        Each item's cluster, from ``members_of``.

    Examples
    --------
    >>> from pytest_llmcal.statistics.calibration_tests.cumulative import kuiper
    >>> examine(kuiper, np.full(100, 0.5), np.arange(100) < 90)
    Finding(statistic=8.0, p_value=0.0001, method='redraws')
    >>> examine(kuiper, np.array([1.0, 0.9]), np.array([0, 1]))
    Finding(statistic=inf, p_value=0.0, method='an impossible outcome')
    """
    right = np.asarray(correct, dtype=np.float64)
    c = confidence.astype(np.float64)
    if (((c == 1.0) & (right < 1.0)) | ((c == 0.0) & (right > 0.0))).any():
        return Finding(math.inf, 0.0, "an impossible outcome")
    order = np.lexsort((right, np.zeros(len(c)) if members is None else members, c))
    c, residual = c[order], (c - right)[order]
    test = statistic_of(c)
    [statistic] = map(float, test.of(residual[None, :]))
    if members is not None:
        return _of_clusters(test, statistic, c, residual, members[order])
    if is_graded(right):
        return _of_graded(test, statistic, c, residual)
    if test.limit is not None and len(c) > REDRAWN_UP_TO and float((c * (1.0 - c)).sum()) >= _LEAST_VARIANCE:
        return Finding(statistic, test.limit(statistic), "the law for many items")
    return Finding(statistic, p_value(test.of, residual, redrawn(c)), "redraws")


def _of_graded(test: Statistic, statistic: float, c: Values, residual: Values) -> Finding:
    alone = np.arange(len(c))
    if _surprises(c, alone) >= _LEAST_SURPRISES:
        return Finding(statistic, p_value(test.of, residual, sign_flips(residual, alone)), "sign flips")
    return Finding(statistic, p_value(test.of, residual, redrawn(c)), "redraws of 0/1 answers, which vary the most")


def _of_clusters(test: Statistic, statistic: float, c: Values, residual: Values, members: IndexArray) -> Finding:
    if _surprises(c, members) >= _LEAST_SURPRISES:
        draw, how = sign_flips(residual, members), "sign flips"
    else:
        draw, how = redrawn_together(c, members), "redraws of clusters that are right or wrong together"
    return Finding(statistic, p_value(test.of, residual, draw), f"{how}, {int(members.max()) + 1} clusters")


def _surprises(c: Values, members: IndexArray) -> float:
    """Return in how many clusters, of equal size, a calibrated model would surprise if each did so as a whole.

    Clusters of unequal size count as so many equal ones as give the same variance (Kish 1965).
    """
    size = np.bincount(members)
    share = np.bincount(members, np.minimum(c, 1.0 - c)) / size
    spread = float((share * size**2).sum())
    return float((share * size).sum()) ** 2 / spread if spread > 0.0 else 0.0
