"""One function a measurement: the number from ``metrics``, the interval from ``statistics``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_llmcal.measurement import Bin, Measurement, NoiseFloor, current_rules
from pytest_llmcal.metrics import proper_scores, ranking
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import combine_gaps
from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.scores.curve import curve_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.validation import checked_bins, checked_level
from pytest_llmcal.statistics import bootstrap, calibration_error_interval, monotonicity
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.noise_floor import noise_floor
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

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


def ece(scores: Scores, bins: int, norm: str, level: float | None) -> Measurement:
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
        noise_floor=NoiseFloor(*noise_floor(scores.confidence, sums, norm)),  # type: ignore[arg-type]
        exact=scores.exact_ece(bins, norm),  # type: ignore[arg-type]
        curve=curve_of(sums),
        before=curve(scores.before, bins) if scores.before else (),
    )


def brier(scores: Scores, level: float | None) -> Measurement:
    """Measure the Brier score."""
    level = _level(level)
    if scores.choices is None:
        losses = proper_scores.binary_brier_losses(scores.confidence, scores.correct)
        kind, most = "(confidence - correct)^2, from 0 to 1", 1.0
    else:
        parts = [
            proper_scores.brier_losses(np.exp(logs), scores.choices.labels[rows])
            for rows, logs in scores.choices.log_probabilities()
        ]
        losses, kind, most = np.concatenate(parts), "sum over choices, from 0 to 2", 2.0
    interval = bootstrap.mean_interval(losses, level, (0.0, most))
    return _measured(scores, "brier", losses.mean(), interval, level, f"{kind}; bootstrap interval")


def nll(scores: Scores, level: float | None) -> Measurement:
    """Measure the mean negative log-likelihood."""
    level = _level(level)
    if scores.choices is None:
        losses = proper_scores.binary_nll_losses(scores.confidence, scores.correct)
        kind = "of correctness given confidence"
    else:
        parts = [
            proper_scores.nll_losses(logs, scores.choices.labels[rows])
            for rows, logs in scores.choices.log_probabilities()
        ]
        losses, kind = np.concatenate(parts), "of the right choice"
    impossible = int(np.isinf(losses).sum())
    if impossible:
        why = f"{kind}; infinite: {impossible} of {len(losses)} items had probability zero for what was right"
        return _measured(
            scores, "nll", np.inf, Interval(float(losses[np.isfinite(losses)].sum()) / len(losses), np.inf), level, why
        )
    interval = bootstrap.mean_interval(losses, level, (0.0, np.inf))
    return _measured(scores, "nll", losses.mean(), interval, level, f"{kind}; bootstrap interval")


def auroc(scores: Scores, level: float | None) -> Measurement:
    """Measure the area under the ROC curve."""
    level = _level(level)
    if scores.correct.all() or not scores.correct.any():
        kind = "right" if scores.correct.all() else "wrong"
        raise ScoresError(f"auroc compares right answers with wrong ones, but all {len(scores)} answers are {kind}")
    value = ranking.auroc(scores.confidence, scores.correct)
    return _measured(scores, "auroc", value, Interval(0.0, 1.0), level, "interval pending")


def largest_drop(scores: Scores, level: float | None) -> Measurement:
    """Measure by how much accuracy falls at most where confidence rises."""
    level = _level(level)
    group = equal_mass_groups(scores.confidence, monotonicity.groups_for(len(scores)))
    count = np.bincount(group).astype(np.float64)
    if len(count) == 1:
        method = "one group only: all items have the same confidence, or nearly all"
        drop, interval = 0.0, Interval(0.0, 1.0)
    else:
        method = f"{len(count)} groups of about equal size by confidence; Newcombe intervals of all pairs"
        drop, interval = monotonicity.largest_drop(np.bincount(group, scores.correct), count, level)
    return _measured(scores, "largest_drop", drop, interval, level, method, curve=curve(scores, 15))


def curve(scores: Scores, bins: int) -> tuple[Bin, ...]:
    """Return the reliability curve in plain values."""
    return curve_of(bin_sums(scores.confidence, scores.correct, bins))


def _level(level: float | None) -> float:
    return current_rules().confidence if level is None else checked_level(level)


def _measured(
    scores: Scores, name: str, value: float, interval: Interval, level: float, method: str, **more: Any
) -> Measurement:
    return Measurement(
        float(value),
        name=name,
        low=interval.low,
        high=interval.high,
        n=len(scores),
        method=method,
        confidence=level,
        about=scores.about,
        **more,
    )
