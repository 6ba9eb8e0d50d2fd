"""Bin sums as the plain bins of a report."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Bin
from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.binning import Answers, FloatArray
from pytest_llmcal.metrics.bins import Bins
from pytest_llmcal.metrics.graded import dispersion
from pytest_llmcal.metrics.isotonic import isotonic_bins
from pytest_llmcal.metrics.reliability import Curve, reliability_curve
from pytest_llmcal.statistics.isotonic_band import isotonic_band
from pytest_llmcal.statistics.proportion import consistency_band, graded_band

Values = npt.NDArray[np.float64]


def curve_of(sums: BinSums, bins: Bins | None = None, *, graded: bool = False) -> tuple[Bin, ...]:
    """Return the bins that hold items, uniform by default, with the 95% band of a perfectly calibrated model.

    Of graded answers the band is that of means that vary as much as these answers do.
    """
    curve = reliability_curve(sums, bins)
    if graded:
        variance = sums.claimed_variance[sums.count > 0] / curve.count**2
        return _with_band(curve, *graded_band(curve.confidence, variance))
    return _with_band(curve, *consistency_band(curve.confidence, curve.count))


def corp_curve_of(confidence: FloatArray, correct: Answers) -> tuple[Bin, ...]:
    """Return the pools of isotonic regression, with the 95% band of the curve of a perfectly calibrated model."""
    bins = isotonic_bins(confidence, correct)
    curve = reliability_curve(bin_sums(confidence, correct, bins), bins)
    return _with_band(curve, *isotonic_band(confidence, curve.confidence, spread=dispersion(confidence, correct)))


def _with_band(curve: Curve, low: Values, high: Values) -> tuple[Bin, ...]:
    columns = (curve.low, curve.high, curve.count.astype(int), curve.confidence, curve.accuracy, low, high)
    return tuple(Bin(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
