"""The squared kernel calibration error as a test."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values, starts_of, summed

# Each pair of items costs, so that more confidences than this are moved to the mean of a group of neighbours.
_MOST_PLACES = 512


def squared_kernel_error(confidence: Values) -> Statistic:
    r"""Return the unbiased squared kernel calibration error (Widmann, Lindsten, Zachariah 2019).

    The mean over pairs i != j of :math:`k(c_i, c_j) r_i r_j` with r = c - y and the Laplacian kernel
    :math:`k(c, c') = e^{-|c - c'| / h}`, h the median distance of the confidences. Up to 512 distinct
    confidences it is exact. Of more, each takes the place of the mean of its group of about equal size, in the
    kernel alone: time and memory then grow as the number of items, and the test stays valid.

    Parameters
    ----------
    confidence : array of shape (n,)
        Rising confidences.

    Examples
    --------
    >>> squared_kernel_error(np.array([0.5, 0.5])).of(np.array([[0.5, 0.5], [0.5, -0.5]])).tolist()
    [0.25, -0.25]
    """
    n = len(confidence)
    starts = starts_of(confidence)
    if len(starts) > _MOST_PLACES:
        starts = starts_of(equal_mass_groups(confidence, _MOST_PLACES))
    place = summed(confidence, starts) / np.diff(np.append(starts, n))
    distance = np.abs(place[:, None] - place)
    width = float(np.median(distance[np.triu_indices(len(place), 1)])) if len(place) > 1 else 1.0
    kernel = np.exp(-distance / width)
    pairs = max(n * (n - 1), 1)

    def of(rows: Values) -> Values:
        sums = summed(rows, starts)
        return np.asarray((((sums @ kernel) * sums).sum(axis=1) - (rows**2).sum(axis=1)) / pairs)

    return Statistic(of)
