"""One function a measurement: the number from ``metrics``, the interval from ``statistics``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pytest_llmcal.measurement import Bin, Measurement, NoiseFloor, current_rules, range_of
from pytest_llmcal.metrics import ranking
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import combine_gaps
from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.scores.curve import curve_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.losses import brier_of, nll_of
from pytest_llmcal.scores.validation import checked_bins, checked_level
from pytest_llmcal.statistics import calibration_error_interval, monotonicity
from pytest_llmcal.statistics.auroc import auroc_interval
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.mean import mean_interval
from pytest_llmcal.statistics.noise_floor import noise_floor
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_HALL = "Hall's skewness-corrected t interval"
_INTERVAL_OF = {"l1": calibration_error_interval.l1_interval, "l2": calibration_error_interval.l2_interval}
_ECE_METHOD = {
    "l1": "plug-in over {bins} uniform bins; upper end: score interval of the squared error, lower end: sign witness",
    "l2": "plug-in over {bins} uniform bins; score interval of the squared error",
}


def accuracy(scores: Scores, level: float | None) -> Measurement:
    """Measure the share of right answers."""
    level = _level(level)
    interval = clopper_pearson(int(scores.correct.sum()), len(scores), level)
    return _measured(scores, "accuracy", ranking.accuracy(scores.correct), interval, level, "Clopper-Pearson interval")


def ece(scores: Scores, bins: int, norm: Literal["l1", "l2"], level: float | None) -> Measurement:
    """Measure the calibration error."""
    if norm not in _INTERVAL_OF:
        raise ScoresError(f"norm must be 'l1' or 'l2', got {norm!r}")
    level = _level(level)
    sums = bin_sums(scores.confidence, scores.correct, checked_bins(bins))
    estimate = combine_gaps(sums.gap, sums.count, sums.items, norm)
    return _measured(
        scores,
        "ece" if norm == "l1" else "ece_l2",
        estimate,
        _INTERVAL_OF[norm](sums, level),
        level,
        _ECE_METHOD[norm].format(bins=bins),
        debiased=calibration_error_interval.best_guess(sums, estimate),
        noise_floor=NoiseFloor(*noise_floor(scores.confidence, sums, norm)),
        exact=scores.exact_ece(bins, norm=norm),
        curve=curve_of(sums),
        before=curve(scores.before, bins) if scores.before else (),
    )


def brier(scores: Scores, level: float | None) -> Measurement:
    """Measure the Brier score."""
    losses, level = brier_of(scores), _level(level)
    kind = "sum over choices, from 0 to 2" if scores.choices else "(confidence - correct)^2, from 0 to 1"
    interval = mean_interval(losses.values, level, losses.possible)
    return _measured(scores, "brier", losses.values.mean(), interval, level, f"{kind}; {_HALL}")


def nll(scores: Scores, level: float | None) -> Measurement:
    """Measure the mean negative log-likelihood."""
    losses, level = nll_of(scores), _level(level)
    kind = "of the right choice" if scores.choices else "of correctness given confidence"
    finite = np.isfinite(losses.values)
    if not finite.all():
        why = f"{kind}; infinite: for {np.sum(~finite)} of {len(finite)} items what was right had probability zero"
        # What has happened once is possible, so the true mean is infinite for certain.
        return _measured(scores, "nll", math.inf, Interval(math.inf, math.inf), level, why)
    interval = mean_interval(losses.values, level, losses.possible)
    return _measured(scores, "nll", losses.values.mean(), interval, level, f"{kind}; {_HALL}")


def auroc(scores: Scores, level: float | None) -> Measurement:
    """Measure the area under the ROC curve."""
    level = _level(level)
    if scores.correct.all() or not scores.correct.any():
        kind = "right" if scores.correct.all() else "wrong"
        raise ScoresError(f"auroc compares right answers with wrong ones, but all {len(scores)} answers are {kind}")
    value = ranking.auroc(scores.confidence, scores.correct)
    interval = auroc_interval(scores.confidence, scores.correct, level)
    return _measured(scores, "auroc", value, interval, level, "score interval with DeLong's variance")


def largest_drop(scores: Scores, level: float | None) -> Measurement:
    """Measure by how much accuracy falls at most where confidence rises."""
    level = _level(level)
    group = equal_mass_groups(scores.confidence, monotonicity.groups_for(len(scores)))
    count = np.bincount(group).astype(np.float64)
    right = np.bincount(group, scores.correct).astype(np.float64)
    if len(count) == 1:
        method = "one group only: all items have the same confidence, or nearly all"
        drop, interval = 0.0, Interval(0.0, 1.0)
    else:
        method = f"{len(count)} groups of about equal size by confidence; Newcombe intervals of all pairs"
        drop, interval = monotonicity.largest_drop(right, count, level)
    return _measured(scores, "largest_drop", drop, interval, level, method, curve=curve(scores, 15))


def curve(scores: Scores, bins: int) -> tuple[Bin, ...]:
    """Return the reliability curve in plain values."""
    return curve_of(bin_sums(scores.confidence, scores.correct, bins))


def _level(level: float | None) -> float:
    return current_rules().confidence if level is None else checked_level(level)


def _measured(
    scores: Scores, name: str, value: float, interval: Interval, level: float, method: str, **more: Any
) -> Measurement:
    least, greatest = range_of(name)  # a corrected interval may reach beyond what is possible
    return Measurement(
        float(value),
        name=name,
        low=max(interval.low, least),
        high=min(interval.high, greatest),
        n=len(scores),
        method=method,
        confidence=level,
        about=scores.about,
        **more,
    )
