"""What one pass over the items leaves near each point of a grid; the intervals of smooth errors need no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.binning import Answers, FloatArray, chunks
from pytest_llmcal.metrics.graded import dispersion
from pytest_llmcal.metrics.smooth import on_grid

Values = npt.NDArray[np.float64]

CELLS = 1 << 10


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
        sums = self
        while len(sums.count) > cells + 1:
            sums = sums._each(_halved)
        return sums

    def per(self, items: float) -> GridSums:
        """Let so many items count as one."""
        return replace(self._each(lambda column: column / items), whole=self.whole.per(items))

    def _each(self, change: Callable[[Values], Values]) -> GridSums:
        columns = (self.count, self.gap, self.squared_gap, self.claimed_variance)
        count, gap, squared_gap, claimed_variance = (change(column) for column in columns)
        return GridSums(count, gap, squared_gap, claimed_variance, self.whole)


def grid_sums(confidence: FloatArray, correct: Answers, cells: int = CELLS) -> GridSums:
    """Sum up the items near each point of a grid, without copies of the whole.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    correct : array of shape (n,)
        0 or 1, or graded between.
    cells : int
        Number of cells, a power of two.
    """
    totals = np.zeros((4, cells + 1))
    for part in chunks(len(confidence)):
        c = confidence[part].astype(np.float64)
        gap: Values = np.subtract(c, correct[part])
        for total, values in zip(totals, (np.ones(len(c)), gap, gap * gap, c * (1.0 - c)), strict=True):
            total += on_grid(c, values, cells)
    count, gap_sum, squared_gap, claimed_variance = totals
    claimed_variance *= dispersion(confidence, correct)
    return GridSums(count, gap_sum, squared_gap, claimed_variance, bin_sums(confidence, correct, 1))


def _halved(values: Values) -> Values:
    halved: Values = values[::2].copy()
    halved[:-1] += 0.5 * values[1::2]
    halved[1:] += 0.5 * values[1::2]
    return halved
