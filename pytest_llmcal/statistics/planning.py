"""The chance of each verdict at a number of items, and the least number that will do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.metrics.binning import FloatArray, uniform_bins
from pytest_llmcal.statistics.interval import Interval

Values = npt.NDArray[np.float64]

SEED = 20240302
DRAWS = 1000
MOST_ITEMS = 10_000_000
# Confidences of one bin are summed up in at most this many cells: their spread within a cell is without effect.
_CELLS_A_BIN = 20


@dataclass(frozen=True, eq=False)
class Cells:
    """Where a model's confidences lie, arrays of shape (cells,).

    Attributes
    ----------
    confidence : array
        Mean confidence of each cell.
    share : array
        Share of all items in it; they sum to one.
    bin : array
        The bin that it lies in.
    bins : int
        How many bins there are.
    """

    confidence: Values
    share: Values
    bin: npt.NDArray[np.intp]
    bins: int

    def error(self, accuracy: Values) -> float:
        """Return the expected calibration error of a model with these true accuracies."""
        gap = np.bincount(self.bin, self.share * (self.confidence - accuracy), minlength=self.bins)
        return float(np.abs(gap).sum())


class Chances(NamedTuple):
    """How often each verdict on "the error is at most the limit" comes out, from 0 to 1."""

    holds: float
    undecided: float
    refuted: float


def cells_of(confidence: FloatArray, bins: int = 15) -> Cells:
    """Sum a profile of confidences up in cells that no edge of a bin cuts.

    Parameters
    ----------
    confidence : array of shape (m,)
        Confidences of many, or of typical, items.
    bins : int
        Number of uniform bins of the calibration error.

    Examples
    --------
    >>> cells = cells_of(np.array([0.6, 0.9, 0.9, 0.9]))
    >>> cells.confidence.tolist(), cells.share.tolist()
    ([0.6, 0.9], [0.25, 0.75])
    """
    ordered = np.sort(confidence).astype(np.float64)
    bin_of_item = uniform_bins(ordered, bins)
    place = np.arange(len(ordered)) - np.searchsorted(bin_of_item, bin_of_item)
    in_bin = np.bincount(bin_of_item, minlength=bins)[bin_of_item]
    # Items of one confidence stay together, whatever their number.
    _, first = np.unique(ordered, return_index=True)
    place = np.repeat(place[first], np.diff(np.append(first, len(ordered))))
    key = bin_of_item * _CELLS_A_BIN + place * _CELLS_A_BIN // in_bin
    _, cell, count = np.unique(key, return_inverse=True, return_counts=True)
    # A mean of equal numbers may be rounded past the edge of their bin, so the bin is kept, not found again.
    bin_of_cell = np.zeros(len(count), dtype=np.intp)
    bin_of_cell[cell] = bin_of_item
    return Cells(np.bincount(cell, ordered) / count, count / len(ordered), bin_of_cell, bins)


def overconfident(cells: Cells, error: float) -> Values:
    """Return the accuracy of each cell of a model that is too sure by the same amount everywhere.

    The amount is such that the calibration error is ``error``; accuracies stay at or above zero.

    Raises
    ------
    ValueError
        If these confidences cannot be wrong by so much; the text says how much is possible.

    Examples
    --------
    >>> overconfident(cells_of(np.array([0.6, 0.9])), 0.1).round(3).tolist()
    [0.5, 0.8]
    """
    most = float((cells.share * cells.confidence).sum())
    if not 0.0 <= error <= most:
        raise ValueError(
            f"a true error of {error:g} is not possible: with these confidences "
            f"the error of an overconfident model lies between 0 and {most:.4g}"
        )

    def too_much(by: float) -> float:
        return cells.error(np.maximum(cells.confidence - by, 0.0)) - error

    by = 0.0 if error == 0.0 else 1.0 if error == most else float(brentq(too_much, 0.0, 1.0))
    return np.maximum(cells.confidence - by, 0.0)


def chances(
    cells: Cells,
    accuracy: Values,
    n: int,
    limit: float,
    confidence: float,
    interval: Callable[[BinSums, float], Interval],
    draws: int = DRAWS,
) -> Chances:
    """Return how often each verdict comes out with n items, over seeded draws.

    Parameters
    ----------
    cells, accuracy
        Where the confidences lie, and how often the model is right in each cell.
    n : int
        Number of items.
    limit, confidence : float
        The limit, and the two-sided level of the interval.
    interval : callable
        Interval of the error from bin sums at a level, as ``l1_interval``.
    draws : int
        How many samples of n items are drawn.
    """
    generator = np.random.default_rng(SEED)
    count = generator.multinomial(n, cells.share, size=draws)
    right = generator.binomial(count, accuracy)
    ends = np.array([interval(sums, confidence) for sums in _sums(cells, count, right)])
    holds, refuted = float(np.mean(ends[:, 1] <= limit)), float(np.mean(ends[:, 0] > limit))
    return Chances(holds, 1.0 - holds - refuted, refuted)


def _sums(cells: Cells, count: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> list[BinSums]:
    c, wrong = cells.confidence, count - right
    columns = (
        count,
        count * c,
        count * c - right,
        right * (1.0 - c) ** 2 + wrong * c**2,
        count * c * (1.0 - c),
    )
    in_bin = np.zeros((len(c), cells.bins))
    in_bin[np.arange(len(c)), cells.bin] = 1.0
    by_bin = [column @ in_bin for column in columns]
    return [BinSums(*(column[row] for column in by_bin)) for row in range(len(count))]


def least_items(chance: Callable[[int], float], power: float, most: int = MOST_ITEMS) -> int | None:
    """Return the least number of items whose chance reaches the power, to two digits; None above ``most``.

    Parameters
    ----------
    chance : callable
        Chance of the verdict wanted at a number of items; rises with it, up to noise.
    power : float
        The chance wanted.

    Examples
    --------
    >>> least_items(lambda n: n / 1000, 0.8)
    800
    """
    few, enough = 0, 10
    while chance(enough) < power:
        if enough >= most:
            return None
        few, enough = enough, min(2 * enough, most)
    while enough - few > max(1, enough // 100):
        middle = (few + enough) // 2
        few, enough = (few, middle) if chance(middle) >= power else (middle, enough)
    return enough
