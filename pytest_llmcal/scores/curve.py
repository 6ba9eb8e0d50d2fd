"""Bin sums as the plain bins of a report."""

from __future__ import annotations

from pytest_llmcal.measurement import Bin
from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.metrics.bins import Bins
from pytest_llmcal.metrics.reliability import reliability_curve
from pytest_llmcal.statistics.proportion import consistency_band


def curve_of(sums: BinSums, bins: Bins | None = None) -> tuple[Bin, ...]:
    """Return the bins that hold items, uniform by default, with the 95% band of a perfectly calibrated model."""
    curve = reliability_curve(sums, bins)
    low, high = consistency_band(curve.confidence, curve.count)
    columns = (curve.low, curve.high, curve.count.astype(int), curve.confidence, curve.accuracy, low, high)
    return tuple(Bin(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
