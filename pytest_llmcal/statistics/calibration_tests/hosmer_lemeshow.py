"""The test of Hosmer and Lemeshow: a chi-square over groups of about equal size."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc

from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values, starts_of, summed

# Below so large a variance of a group's sum the chi-square is too narrow: with four or five surprises a group it
# refutes a calibrated model in 6 to 7% of draws at 5%.
_LEAST_VARIANCE = 10.0

# The square of no sum overflows, divided by this.
_LEAST_DIVISOR = 1e-290


def hosmer_lemeshow(confidence: Values, groups: int = 10, *, in_sample: bool = False) -> Statistic:
    r"""Return :math:`\sum_b S_b^2 / (n_b \bar c_b (1 - \bar c_b))` over groups of rising confidence.

    With S_b the sum of c - y. A chi-square with as many degrees of freedom as there are groups on items that
    the model was not fitted to, with two less on those it was (Hosmer, Lemeshow 1980).

    Parameters
    ----------
    confidence : array of shape (n,)
        Rising confidences.
    groups : int
        Most groups; equal confidences share one, and those of certain confidences (0 or 1) are left out.
    in_sample : bool
        Whether the confidences were fitted to these very items. Redraws from the confidences know nothing of the
        fit, so ``limit`` then stands however few the items are.

    Raises
    ------
    ValueError
        If ``in_sample`` leaves no degree of freedom.

    Examples
    --------
    >>> confidence = np.repeat([0.5, 0.8], 100)
    >>> test = hosmer_lemeshow(confidence)
    >>> right = np.concatenate([np.arange(100) < 40, np.arange(100) < 80])
    >>> [statistic] = test.of((confidence - right)[None, :])
    >>> round(float(statistic), 3), round(test.limit(statistic), 4)
    (4.0, 0.1353)
    """
    starts = starts_of(equal_mass_groups(confidence, groups))
    count = np.diff(np.append(starts, len(confidence)))
    total = summed(confidence, starts)
    mean = total / count
    variance = np.where((total > 0.0) & (mean < 1.0), np.maximum(total * (1.0 - mean), _LEAST_DIVISOR), math.inf)
    known = variance[np.isfinite(variance)]
    freedom = len(known) - 2 * in_sample
    if in_sample and freedom < 1:
        raise ValueError(f"{len(known)} groups leave no degree of freedom in sample; at least three are needed")

    def of(rows: Values) -> Values:
        return np.asarray((summed(rows, starts) ** 2 / variance).sum(axis=1))

    if len(known) == 0 or (not in_sample and known.min() < _LEAST_VARIANCE):
        return Statistic(of)
    return Statistic(of, lambda statistic: float(chdtrc(freedom, statistic)))
