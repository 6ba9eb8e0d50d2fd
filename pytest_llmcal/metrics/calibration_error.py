"""Calibration error over fixed bins."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, chunks, uniform_bins
from pytest_llmcal.metrics.bins import Bins

Norm = Literal["l1", "l2", "max"]


def calibration_error(confidence: FloatArray, correct: Answers, bins: int | Bins = 15, norm: Norm = "l1") -> float:
    r"""Return the calibration error over right-closed bins.

    With n_b items in bin b and S_b the sum of c - y over them,

    * ``"l1"``: :math:`\sum_b |S_b| / n`, the expected calibration error (Naeini, Cooper,
      Hauskrecht 2015; Guo, Pleiss, Sun, Weinberger 2017);
    * ``"l2"``: :math:`\sqrt{\sum_b (n_b / n) (S_b / n_b)^2}` (Kumar, Liang, Ma 2019);
    * ``"max"``: :math:`\max_b |S_b / n_b|` over the bins that hold items.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1]; n at least 1. Sums are float64 whatever the dtype.
    correct : array of shape (n,)
        What the confidences are held against: 0 or 1, or true probabilities.
    bins : int or Bins
        Number of uniform bins, or bins of any kind.
    norm : {"l1", "l2", "max"}
        How the bins' gaps are put together.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> calibration_error(np.array([0.95, 1.0]), np.array([1, 0]))
    0.475
    """
    size = bins if isinstance(bins, int) else len(bins)
    gap, count = np.zeros(size), np.zeros(size)
    for part in chunks(len(confidence)):
        index = uniform_bins(confidence[part], bins) if isinstance(bins, int) else bins.of(confidence[part])
        gap += np.bincount(index, np.subtract(confidence[part], correct[part], dtype=np.float64), minlength=size)
        if norm != "l1":  # the expected error needs no counts: |S_b| / n_b is weighted by n_b / n
            count += np.bincount(index, minlength=size)
    return combine_gaps(gap, count, len(confidence), norm)


def combine_gaps(gap: npt.NDArray[np.float64], count: npt.NDArray[np.float64], n: float, norm: Norm = "l1") -> float:
    """Put per-bin sums of c - y together; ``count`` is not looked at for ``"l1"``."""
    if norm == "l1":
        return float(np.abs(gap).sum() / n)
    seen = count > 0
    if norm == "l2":
        return float(np.sqrt((gap[seen] ** 2 / count[seen]).sum() / n))
    if norm == "max":
        return float(np.abs(gap[seen] / count[seen]).max())
    raise ValueError(f"norm must be 'l1', 'l2' or 'max', got {norm!r}")
