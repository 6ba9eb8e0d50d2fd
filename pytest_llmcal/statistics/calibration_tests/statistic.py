"""What a calibration test looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import IndexArray

Values = npt.NDArray[np.float64]


class Statistic(NamedTuple):
    """A statistic of given confidences; large values speak against calibration.

    Attributes
    ----------
    of : callable
        From residuals c - y of shape (rows, n), items by rising confidence, to one number a row. It sums up
        the items of one confidence before it looks, so their order is nothing.
    limit : callable or None
        From one number to its p-value where items are many; None where no such law is known.
    """

    of: Callable[[Values], Values]
    limit: Callable[[float], float] | None = None


def starts_of(group: IndexArray | Values) -> IndexArray:
    """Return where each run of equal values begins.

    Examples
    --------
    >>> starts_of(np.array([0.2, 0.2, 0.9])).tolist()
    [0, 2]
    """
    return np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))


def summed(rows: Values, starts: IndexArray) -> Values:
    """Sum up each group of neighbouring columns."""
    sums: Values = np.add.reduceat(rows, starts, axis=-1)
    return sums
