"""What one pass over the items leaves in each bin; curves, intervals and noise floors need no more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, chunks, uniform_bins
from pytest_llmcal.metrics.bins import Bins
from pytest_llmcal.metrics.graded import dispersion, is_graded


@dataclass(frozen=True, eq=False)
class BinSums:
    """Sums over the items of each bin, arrays of shape (bins,).

    Attributes
    ----------
    count : array
        Items, as floats.
    confidence : array
        Sum of the confidences c.
    gap : array
        Sum of c - y, with y the correctness.
    squared_gap : array
        Sum of (c - y)^2.
    claimed_variance : array
        Sum of c (1 - c): the variance of ``gap`` if the model were perfectly calibrated. Of graded answers
        this is times their ``dispersion``.
    """

    count: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    gap: npt.NDArray[np.float64]
    squared_gap: npt.NDArray[np.float64]
    claimed_variance: npt.NDArray[np.float64]

    @property
    def items(self) -> float:
        """Number of items in all bins; not whole where several count as one."""
        return float(self.count.sum())

    def per(self, items: float) -> BinSums:
        """Let so many items count as one: the means stay, and everything says less."""
        return self if items == 1.0 else BinSums(*(column / items for column in vars(self).values()))

    def seen(self) -> BinSums:
        """Leave out the bins that hold no item."""
        return BinSums(*(column[self.count > 0] for column in vars(self).values()))


def bin_sums(confidence: FloatArray, correct: Answers, bins: int | Bins = 15) -> BinSums:
    """Sum up the items of each bin in float64, without copies of the whole.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    correct : array of shape (n,)
        Correctness, 0 or 1 (of any dtype), or graded: floats within [0, 1].
    bins : int or Bins
        Number of uniform right-closed bins, or bins of any kind.

    Examples
    --------
    >>> bin_sums(np.array([0.9, 0.9]), np.array([1, 0]), bins=10).gap[8].round(6)
    np.float64(0.8)
    """
    if is_graded(correct):
        return _graded_sums(confidence, correct, bins)
    size = bins if isinstance(bins, int) else len(bins)
    count, moments = np.zeros(2 * size), np.zeros(2 * size, np.complex128)
    for part in chunks(len(confidence)):
        is_right = correct[part].astype(np.bool_, copy=False)
        # Wrong and right answers apart: their counts, gaps and squared gaps hold all five sums.
        cell = uniform_bins(confidence[part], bins) if isinstance(bins, int) else bins.of(confidence[part])
        cell += cell
        cell += is_right
        # A complex number adds a gap and its square in one pass over the cells, which takes most of the time.
        powers = np.empty(len(cell), np.complex128)
        np.subtract(confidence[part], is_right.astype(np.float64), out=powers.real)
        np.multiply(powers.real, powers.real, out=powers.imag)
        sums = np.zeros_like(moments)
        np.add.at(sums, cell, powers)
        moments += sums
        count += np.bincount(cell, minlength=2 * size)
    wrong, right = moments[::2], moments[1::2]
    gap, square = wrong.real + right.real, wrong.imag + right.imag
    return BinSums(
        count[::2] + count[1::2],
        gap + count[1::2],
        gap,
        square,
        # c (1 - c) is |c - y| - (c - y)^2; rounding must not carry a variance below zero.
        np.maximum(wrong.real - right.real - square, 0.0),
    )


def _graded_sums(confidence: FloatArray, correct: Answers, bins: int | Bins) -> BinSums:
    size = bins if isinstance(bins, int) else len(bins)
    columns = np.zeros((5, size))
    for part in chunks(len(confidence)):
        c = confidence[part].astype(np.float64)
        gap = c - correct[part]
        cell = uniform_bins(confidence[part], bins) if isinstance(bins, int) else bins.of(confidence[part])
        for column, values in zip(columns, (np.ones(len(c)), c, gap, gap * gap, c * (1.0 - c)), strict=True):
            column += np.bincount(cell, values, minlength=size)
    count, total, gap_sum, squared_gap, claimed_variance = columns
    return BinSums(count, total, gap_sum, squared_gap, dispersion(confidence, correct) * claimed_variance)
