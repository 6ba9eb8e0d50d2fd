r"""The interval of the squared kernel calibration error.

The estimate T is a mean over pairs. With :math:`\lambda_i` the eigenvalues of the kernel under the squared residuals,
its variance is :math:`2 \sum \lambda_i^2 / n^2` where the model is calibrated, and at a true error x it grows by
:math:`4 Var(f(C) R) / n \leq 4 \lambda_1 x / n`, f being the witness function with :math:`\|f\|^2 = x`. Both ends
solve :math:`(x - T)^2 = q^2 Var_x(T)` (a score interval). For the lower end q is that of the gamma distribution with
the skewness of T, which is that of a sum of chi-squares (Widmann, Lindsten, Zachariah 2019, for the limit; Hall 1983,
Buckley, Eagleson 1988, for the gamma).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from pytest_llmcal.statistics.grid_sums import GridSums
from pytest_llmcal.statistics.interval import Interval, upper_normal_quantile

Values = npt.NDArray[np.float64]

# Coarse where the bandwidth is small, and then the eigenvalues are too large rather than too small.
_CELLS = 1 << 7
_FEWEST = 3
_STEPS = 6
_PSEUDO_ITEMS = 1.0


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """Eigenvalues of the kernel under squared residuals, divided by the number of items."""

    values: Values

    def variance(self, squared_error: float) -> float:
        """Return a bound of the variance of the estimate if this is the truth."""
        return 2.0 * float((self.values**2).sum()) + 4.0 * float(self.values[-1]) * squared_error

    def skewness(self, squared_error: float) -> float:
        """Return a bound of the skewness of the estimate if this is the truth."""
        third = 8.0 * float((self.values**3).sum()) + 24.0 * float(self.values[-1]) ** 2 * squared_error
        return third / math.pow(self.variance(squared_error), 1.5)

    def end(self, estimate: float, quantile: float, side: int) -> float:
        """Solve (x - estimate)^2 = quantile^2 variance(x) for its upper (1) or lower (-1) root."""
        slope = 4.0 * float(self.values[-1])
        centre = estimate + 0.5 * quantile**2 * slope
        square = centre**2 - estimate**2 + quantile**2 * self.variance(0.0)
        return centre + side * math.sqrt(max(square, 0.0))


def kernel_error_interval(sums: GridSums, estimate: float, bandwidth: float, confidence: float) -> Interval:
    """Return the interval of the squared kernel calibration error, between 0 and 1.

    Parameters
    ----------
    sums : GridSums
        Of at least two items; where items come in clusters, as many as their design effect count as one.
    estimate : float
        Without bias.
    bandwidth : float
        Of the Laplacian kernel.
    confidence : float
        Two-sided level.

    Examples
    --------
    >>> from pytest_llmcal.statistics.grid_sums import grid_sums
    >>> sums = grid_sums(np.full(500, 0.9), np.arange(500) < 350)
    >>> [round(end, 3) for end in kernel_error_interval(sums, 0.04, 0.1, 0.95)]
    [0.025, 0.062]
    """
    tail, sums = (1.0 - confidence) / 2.0, sums.coarser(_CELLS)
    claimed = _spectrum(sums, np.maximum(sums.squared_gap, sums.claimed_variance), bandwidth)
    low = 0.0
    for _ in range(_STEPS):
        low = max(0.0, claimed.end(estimate, _skewed_quantile(claimed.skewness(low), tail), -1))
    if sums.whole.items < _FEWEST:
        return Interval(min(low, 1.0), 1.0)
    high = _spectrum(sums, sums.squared_gap, bandwidth).end(estimate, upper_normal_quantile(tail), 1)
    return Interval(min(low, 1.0), min(1.0, max(low, high)))


def _spectrum(sums: GridSums, squares: Values, bandwidth: float) -> _Spectrum:
    seen = sums.count > 0.0
    items = float(sums.count.sum())
    weight = np.sqrt((squares + _PSEUDO_ITEMS * sums.count / items)[seen])
    point = np.flatnonzero(seen) / (len(sums.count) - 1)
    kernel = np.exp(-np.abs(point[:, None] - point) / bandwidth)
    values: Values = np.linalg.eigvalsh(weight[:, None] * kernel * weight)
    return _Spectrum(np.maximum(values, 0.0) / items**2)


def _skewed_quantile(skewness: float, tail: float) -> float:
    # Below 0.01 the gamma is a normal; 2 sqrt 2 is the skewness of one chi-square.
    skewness = min(max(skewness, 0.01), 2.0 * math.sqrt(2.0))
    shape = 4.0 / skewness**2
    return (float(gammaincinv(shape, 1.0 - tail)) - shape) / math.sqrt(shape)
