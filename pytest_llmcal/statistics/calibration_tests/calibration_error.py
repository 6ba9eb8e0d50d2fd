"""The plug-in calibration error as a test: how often chance alone shows so large an error."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.metrics.bins import make_bins
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values, starts_of, summed


def expected_calibration_error(confidence: Values, bins: int = 15) -> Statistic:
    """Return the L1 error over the bins that ``Scores.ece`` takes, for the test of Vaicenavicius et al. (2019).

    Parameters
    ----------
    confidence : array of shape (n,)
        Rising confidences.
    bins : int
        Number of uniform bins, where confidences are not few.

    Examples
    --------
    >>> expected_calibration_error(np.array([0.5, 0.9])).of(np.array([[0.5, -0.1]])).round(3).tolist()
    [0.3]
    """
    starts = starts_of(make_bins(confidence, confidence > 0.5, bins).of(confidence))
    n = len(confidence)
    return Statistic(lambda rows: np.asarray(np.abs(summed(rows, starts)).sum(axis=1) / n))
