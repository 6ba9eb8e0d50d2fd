"""What a measurement speaks about, in plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """Whose answers, to what, were measured.

    Attributes
    ----------
    model, revision : str or None
        The model that answered.
    task, split : str or None
        What it was asked.
    data : str or None
        Fingerprint of the items.
    calibrator : str or None
        Calibrator that the scores went through, with its parameters.
    group : str or None
        The part of the items that was measured, for instance ``"region=north"``.
    confidence_method : str or None
        What the confidence is, with its options, for instance ``"p_true(shown=4)"``; None for the probability
        of the chosen answer among choices, and of a token of running text.
    in_sample : bool
        Whether a calibrator was fitted on these items, or on some of them: then a gate on them fails.
    """

    model: str | None = None
    revision: str | None = None
    task: str | None = None
    split: str | None = None
    data: str | None = None
    calibrator: str | None = None
    group: str | None = None
    in_sample: bool = False
    confidence_method: str | None = None


@dataclass(frozen=True)
class NoiseFloor:
    """What a perfectly calibrated model with the same confidences would score.

    Attributes
    ----------
    mean, p95 : float
        Mean and 95th percentile over redraws of the correctness from the confidences.
    """

    mean: float
    p95: float


@dataclass(frozen=True)
class Uncalibrated:
    """What the same metric was before a calibrator, on the same items.

    Attributes
    ----------
    estimate, low, high : float
        The number and the ends of its interval.
    change, change_low, change_high : float or None
        Paired difference, after less before, with its interval, where it is known.
    """

    estimate: float
    low: float
    high: float
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability curve.

    Attributes
    ----------
    low, high : float
        Edges; the bin holds confidences in (low, high], the first one zero too.
    count : int
        Items in the bin, at least one: empty bins are left out.
    confidence, accuracy : float
        Their mean confidence and mean correctness.
    band_low, band_high : float
        Where the accuracy of a perfectly calibrated model falls in 95 of 100 draws
        of this bin (each bin taken by itself).
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    band_low: float
    band_high: float
