r"""The interval of SmoothECE.

It is about the SmoothECE of all the answers that the model could give: the bandwidth at which the smoothed error
:math:`g(\sigma)` of the population is :math:`\sigma` itself. As g falls where the bandwidth grows, bounds of g at
fixed bandwidths are enough: :math:`g(\sigma) \geq L` makes it at least :math:`\min(\sigma, L)`, and
:math:`g(\sigma) \leq U` at most :math:`\max(\sigma, U)`. Each end is sought where both meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pytest_llmcal.statistics.grid_sums import CELLS, GridSums
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.sign_witness import one_sign_end
from pytest_llmcal.statistics.smoothed_gaps import SmoothedGaps

Values = npt.NDArray[np.float64]

_FEWEST_CELLS = 1 << 6
# The least bandwidths that are looked at. The upper end cannot lie below its own; the lower end can, and a wider
# kernel costs it little.
_LEAST_FOR_HIGH = 4.0 / CELLS
_LEAST_FOR_LOW = 1.0 / 64.0
# They leave 2% of a bandwidth open, to the safe side.
_HALVINGS = 8
# Items added to the squared residuals, as in ``squared_error``: where all are right there is a variance too.
_PSEUDO_ITEMS = 1.0
_FEWEST_ITEMS = 3


def smooth_error_interval(sums: GridSums, confidence: float) -> Interval:
    """Return the interval of SmoothECE.

    Parameters
    ----------
    sums : GridSums
        From at least one item.
    confidence : float
        Two-sided level.

    Examples
    --------
    >>> from pytest_llmcal.statistics.grid_sums import grid_sums
    >>> sums = grid_sums(np.full(500, 0.9), np.arange(500) < 350)
    >>> [round(end, 2) for end in smooth_error_interval(sums, 0.95)]
    [0.16, 0.25]
    """
    tail, items = (1.0 - confidence) / 2.0, sums.whole.items
    low = _lower_end(sums, tail)
    if items < _FEWEST_ITEMS:
        return Interval(low, 1.0)
    return Interval(low, min(1.0, max(low, _upper_end(sums, tail))))


def _lower_end(sums: GridSums, tail: float) -> float:
    def bound(width: float) -> float:
        return smoothed_gaps(sums, width).lower_end(tail)

    return max(one_sign_end(sums.whole, tail), max(map(min, *_towards_equality(bound, _LEAST_FOR_LOW))))


def _upper_end(sums: GridSums, tail: float) -> float:
    def bound(width: float) -> float:
        return smoothed_gaps(sums, width).upper_end(tail)

    return min(map(max, *_towards_equality(bound, _LEAST_FOR_HIGH)))


def _towards_equality(bound: Callable[[float], float], least: float) -> tuple[list[float], list[float]]:
    """Return bandwidths, and the bounds there, ever nearer to where the two are equal."""
    low, high = math.log(least), 0.0
    widths, bounds = [], []
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        widths.append(math.exp(middle))
        bounds.append(bound(widths[-1]))
        low, high = (middle, high) if bounds[-1] > widths[-1] else (low, middle)
    return widths, bounds


def smoothed_gaps(sums: GridSums, bandwidth: float) -> SmoothedGaps:
    """Return the gaps smoothed by the reflected Gaussian, weighed by the smoothed density of the confidences."""
    cells = _FEWEST_CELLS
    while cells < min(CELLS, 4.0 / bandwidth):
        cells *= 2
    sums = sums.coarser(cells)
    kernel = reflected_gaussian(cells, bandwidth)
    near = kernel @ sums.count
    seen = near > 1e-9 * near.max()
    kernel, near = kernel[seen], near[seen]
    length = np.full(cells + 1, 1.0 / cells)
    length[[0, -1]] *= 0.5
    share = length[seen] * near
    items, weights = float(sums.count.sum()), kernel / near[:, None]
    return SmoothedGaps(
        gap=kernel @ sums.gap / near,
        share=share / share.sum(),
        weights=weights,
        noise=sums.squared_gap,
        greatest=np.maximum(sums.squared_gap, sums.claimed_variance),
        unseen=_PSEUDO_ITEMS * sums.count / items,
        itself=weights**2 @ sums.squared_gap,
        paired=np.full(len(near), max(1.0 - 1.0 / items, 0.5)),
    )


def reflected_gaussian(cells: int, bandwidth: float) -> Values:
    """Return the density of the reflected Gaussian at each point of the grid around each point.

    Examples
    --------
    >>> kernel = reflected_gaussian(64, 0.1)
    >>> round(float(kernel[:, 0].sum() - kernel[[0, -1], 0].sum() / 2) / 64, 9)
    1.0
    """
    lag = np.arange(2 * cells + 1) / cells
    images = 2.0 * np.arange(-4, 4)[:, None]
    density = np.exp(-0.5 * ((lag + images) / bandwidth) ** 2).sum(axis=0) / (bandwidth * math.sqrt(2.0 * math.pi))
    point = np.arange(cells + 1)
    kernel: Values = density[np.abs(point[:, None] - point)] + density[point[:, None] + point]
    return kernel


def best_guess(sums: GridSums, estimate: float) -> float:
    """Return the root of the unbiased squared error at the bandwidth of the estimate, at most the estimate itself.

    This is a guess from above: the root mean square is at least the mean.

    Examples
    --------
    >>> from pytest_llmcal.statistics.grid_sums import grid_sums
    >>> round(best_guess(grid_sums(np.full(50, 0.9), np.arange(50) < 35), 0.2), 3)
    0.189
    """
    squared = smoothed_gaps(sums, max(estimate, _LEAST_FOR_HIGH)).squared_error()
    return min(estimate, math.sqrt(max(squared, 0.0)))
