"""What a test that passes may still be told."""

from __future__ import annotations


class UnassertedVerdictWarning(UserWarning):
    """A verdict was computed and nobody asked what it says: it decides nothing."""


class NoiseFloorWarning(UserWarning):
    """An estimate was held against a number that a perfectly calibrated model would often exceed by chance."""
