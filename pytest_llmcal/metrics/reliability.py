"""Accuracy against confidence, bin by bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.metrics.bins import Bins, uniform


@dataclass(frozen=True, eq=False)
class Curve:
    """A reliability curve: one entry for each bin that holds items.

    Attributes
    ----------
    low, high : array
        Edges of the bins.
    count : array
        Items.
    confidence, accuracy : array
        Their mean confidence and mean correctness.
    """

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    count: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]


def reliability_curve(sums: BinSums, bins: Bins | None = None) -> Curve:
    """Return the curve of the bins that hold items (Murphy, Winkler 1977); the bins are uniform if none are given.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> curve = reliability_curve(bin_sums(np.array([0.75, 0.75]), np.array([1, 0]), bins=2))
    >>> curve.confidence.tolist(), curve.accuracy.tolist()
    ([0.75], [0.5])
    """
    bins = bins or uniform(len(sums.count))
    seen = sums.count > 0
    count = sums.count[seen]
    confidence = sums.confidence[seen] / count
    # Rounding of the sums must not carry an accuracy past 0 or 1.
    accuracy = np.clip((sums.confidence[seen] - sums.gap[seen]) / count, 0.0, 1.0)
    return Curve(bins.lower[seen], bins.upper[seen], count, confidence, accuracy)
