"""What a perfectly calibrated model with the same confidences would score."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.metrics.bins import Bins, uniform
from pytest_llmcal.metrics.calibration_error import Norm

DRAWS = 1000
SEED = 20240301
# Up to here correctness is redrawn item by item, above it each bin's sum is drawn as a normal.
EXACT_UP_TO = 2000
_AT_ONCE = 1 << 19
_P95 = 1.6449  # of a normal

Values = npt.NDArray[np.float64]


def noise_floor(
    confidence: FloatArray, sums: BinSums, norm: Norm = "l1", bins: Bins | None = None, *, graded: bool = False
) -> tuple[float, float]:
    """Return mean and 95th percentile of the error that chance alone gives.

    Correctness is redrawn from the confidences (Brocker, Smith 2007) from a fixed seed. What a confidence promises of
    graded answers is their mean; they are drawn with the variance that these answers show (``sums`` knows it).

    Parameters
    ----------
    confidence : array of shape (n,)
        Confidences, in any order.
    sums : BinSums
        Their sums by bin; where several items count as one, chance gives more.
    norm : {"l1", "l2"}
        Norm of the calibration error.
    bins : Bins, optional
        What the sums are over; uniform bins by default.
    graded : bool
        Whether the answers are graded, so that each bin's sum is drawn as a normal however few they are.
    """
    if sums.items == len(confidence) <= EXACT_UP_TO and not graded:
        gaps = _redrawn_gaps(confidence, bins or uniform(len(sums.count)))
    else:
        gaps = _normal_gaps(sums)
    seen = sums.count > 0
    if norm == "l1":
        errors = np.abs(gaps[:, seen]).sum(axis=1) / sums.items
    else:
        errors = np.sqrt((gaps[:, seen] ** 2 / sums.count[seen]).sum(axis=1) / sums.items)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def pooled_noise_floor(sums: BinSums, norm: Norm = "l1") -> tuple[float, float]:
    r"""Return what ``noise_floor`` does for the bins of all choices, by normal gaps in closed form.

    The mean of :math:`|S_b|` is :math:`\sqrt{2 V_b / \pi}`; over many bins the sum is nearly normal, and the
    gaps of an item's choices, which depend on each other, at most double its variance.

    Parameters
    ----------
    sums : BinSums
        Of all bins of all choices.
    norm : {"l1", "l2"}
        Mean absolute, or root mean square gap.
    """
    variance = sums.claimed_variance[sums.count > 0.0]
    if norm == "l1":
        mean = float(np.sqrt(2.0 * variance / math.pi).sum()) / sums.items
        spread = math.sqrt(2.0 * (1.0 - 2.0 / math.pi) * float(variance.sum())) / sums.items
        return mean, mean + _P95 * spread
    parts = variance / sums.count[sums.count > 0.0] / sums.items
    mean, spread = float(parts.sum()), 2.0 * math.sqrt(float((parts**2).sum()))
    return math.sqrt(mean), math.sqrt(mean + _P95 * spread)


def _redrawn_gaps(confidence: FloatArray, bins: Bins) -> Values:
    """Draw each bin's sum of c - y with every y redrawn; shape (DRAWS, bins)."""
    ordered = np.sort(confidence)  # the same draws whatever the order of the rows
    starts = np.searchsorted(bins.of(ordered), np.arange(len(bins)))
    generator = np.random.default_rng(SEED)
    rows_at_once = max(1, _AT_ONCE // len(ordered))
    ordered = ordered.astype(np.float64)
    # One more column than items, so that reduceat may start an empty last bin there; empty bins are not read.
    gaps = np.zeros((DRAWS, len(bins)))
    for first in range(0, DRAWS, rows_at_once):
        part = gaps[first : first + rows_at_once]
        padded = np.zeros((len(part), len(ordered) + 1))
        padded[:, :-1] = ordered - (generator.random((len(part), len(ordered))) < ordered)
        part[:] = np.add.reduceat(padded, starts, axis=1)
    return gaps


def _normal_gaps(sums: BinSums) -> Values:
    """Draw each bin's sum of c - y as a normal with its exact variance; shape (DRAWS, bins)."""
    noise = np.random.default_rng(SEED).standard_normal((DRAWS, len(sums.count)))
    return noise * np.sqrt(sums.claimed_variance)
