"""Measurements made by hand, for tests and for runs inside tests."""

from __future__ import annotations

from pytest_llmcal import Measurement
from pytest_llmcal.measurement import Bin, NoiseFloor

CURVE = (
    Bin(low=0.6, high=0.7, count=100, confidence=0.65, accuracy=0.6, band_low=0.55, band_high=0.75),
    Bin(low=0.9, high=1.0, count=400, confidence=0.95, accuracy=0.72, band_low=0.92, band_high=0.97),
)

FLOOR = NoiseFloor(mean=0.0181, p95=0.0263)


def measured(value=0.03, low=0.01, high=0.04, *, name="ece", n=500, curve=CURVE, method="by hand", floor=FLOOR):
    """Give a measurement: below(0.05) holds, below(0.02) is undecided, below(0.005) is refuted."""
    return Measurement(
        value, name=name, low=low, high=high, n=n, method=method, confidence=0.95, noise_floor=floor, curve=curve
    )
