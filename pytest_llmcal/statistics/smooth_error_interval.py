r"""The interval of SmoothECE.

It is about the SmoothECE of all the answers that the model could give: the bandwidth at which the smoothed error
:math:`g(\sigma)` of the population is :math:`\sigma` itself. As g falls where the bandwidth grows, bounds of g at
fixed bandwidths are enough: :math:`g(\sigma) \geq L` makes it at least :math:`\min(\sigma, L)`, and
:math:`g(\sigma) \leq U` at most :math:`\max(\sigma, U)`. Each end is sought where both meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.binning import Answers, FloatArray, chunks
from pytest_llmcal.metrics.smooth import on_grid
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.sign_witness import one_sign_end
from pytest_llmcal.statistics.smoothed_gaps import SmoothedGaps

Values = npt.NDArray[np.float64]

_CELLS = 1 << 10
_FEWEST_CELLS = 1 << 6
# The least bandwidths that are looked at. The upper end cannot lie below its own; the lower end can, and a wider
# kernel costs it little.
_LEAST_FOR_HIGH = 4.0 / _CELLS
_LEAST_FOR_LOW = 1.0 / 64.0
_HALVINGS = 10
# Items added to the squared residuals, as in ``squared_error``: where all are right there is a variance too.
_PSEUDO_ITEMS = 1.0
_FEWEST_ITEMS = 3


@dataclass(frozen=True, eq=False)
class GridSums:
    """Sums over the items near each point of a grid, arrays of shape (cells + 1,), and over all items."""

    count: Values
    gap: Values
    squared_gap: Values
    claimed_variance: Values
    whole: BinSums

    def coarser(self, cells: int) -> GridSums:
        """Return the sums at fewer points: what is split twice is split as if once."""
        columns = [self.count, self.gap, self.squared_gap, self.claimed_variance]
        while len(columns[0]) > cells + 1:
            columns = [_halved(column) for column in columns]
        return GridSums(*columns, self.whole)

    def per(self, items: float) -> GridSums:
        """Let so many items count as one."""
        columns = (self.count, self.gap, self.squared_gap, self.claimed_variance)
        return GridSums(*(column / items for column in columns), self.whole.per(items))


def grid_sums(confidence: FloatArray, correct: Answers, cells: int = _CELLS) -> GridSums:
    """Sum up the items near each point of a grid, without copies of the whole.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    correct : array of shape (n,)
        0 or 1.
    cells : int
        Number of cells, a power of two.
    """
    totals = np.zeros((4, cells + 1))
    for part in chunks(len(confidence)):
        c = confidence[part].astype(np.float64)
        gap: Values = np.subtract(c, correct[part])
        for total, values in zip(totals, (np.ones(len(c)), gap, gap * gap, c * (1.0 - c)), strict=True):
            total += on_grid(c, values, cells)
    return GridSums(*totals, bin_sums(confidence, correct, 1))


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
    >>> sums = grid_sums(np.full(500, 0.9), np.arange(500) < 350)
    >>> [round(end, 2) for end in smooth_error_interval(sums, 0.95)]
    [0.16, 0.24]
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
    while cells < min(_CELLS, 4.0 / bandwidth):
        cells *= 2
    sums = sums.coarser(cells)
    kernel = reflected_gaussian(cells, bandwidth)
    near = kernel @ sums.count
    seen = near > 1e-9 * near.max()
    kernel, near = kernel[seen], near[seen]
    length = np.full(cells + 1, 1.0 / cells)
    length[[0, -1]] *= 0.5
    share = length[seen] * near
    items = float(sums.count.sum())
    return SmoothedGaps(
        gap=kernel @ sums.gap / near,
        share=share / share.sum(),
        weights=kernel / near[:, None],
        noise=sums.squared_gap,
        greatest=np.maximum(sums.squared_gap, sums.claimed_variance),
        unseen=_PSEUDO_ITEMS * sums.count / items,
        items=items,
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
    images = 2.0 * np.arange(-5, 6)[:, None]
    density = np.exp(-0.5 * ((lag + images) / bandwidth) ** 2).sum(axis=0) / (bandwidth * math.sqrt(2.0 * math.pi))
    point = np.arange(cells + 1)
    kernel: Values = density[np.abs(point[:, None] - point)] + density[point[:, None] + point]
    return kernel


def _halved(values: Values) -> Values:
    halved = values[::2].copy()
    halved[:-1] += 0.5 * values[1::2]
    halved[1:] += 0.5 * values[1::2]
    return halved
