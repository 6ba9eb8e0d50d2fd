"""Whether accuracy falls where confidence rises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.metrics.graded import Values, dispersion_of_groups
from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.scores.curve import curve_of
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics import monotonicity
from pytest_llmcal.statistics.clusters import design_effect, members_of
from pytest_llmcal.statistics.interval import Interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def largest_drop(scores: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure by how much accuracy falls at most where confidence rises."""
    group = equal_mass_groups(scores.confidence, monotonicity.groups_for(len(scores)))
    effect = design_effect(scores.correct.astype(np.float64), members_of(scores.clusters), group)
    design = effect.design * _spread(scores, group)
    count = np.bincount(group) / design
    right = np.bincount(group, scores.correct) / design
    curve = curve_of(bin_sums(scores.confidence, scores.correct), graded=scores.is_graded)
    if len(count) == 1:
        method = "one group only: all items have the same confidence, or nearly all"
        return measured(scores, "largest_drop", 0.0, lambda _: Interval(0.0, 1.0), confidence, method, curve=curve)
    method = f"{len(count)} groups of about equal size by confidence; Newcombe intervals of all pairs"
    return measured(
        scores,
        "largest_drop",
        monotonicity.largest_drop(right, count),
        lambda level: monotonicity.largest_drop_interval(right, count, level),
        confidence,
        method,
        effect=effect,
        curve=curve,
    )


def _spread(scores: Scores, group: IndexArray) -> float | Values:
    """Return how much the answers of each group vary, as a share of what right and wrong ones would."""
    if not scores.is_graded:
        return 1.0
    count, grade = np.bincount(group).astype(np.float64), scores.correct.astype(np.float64)
    mean = np.bincount(group, grade) / count
    within = np.bincount(group, (grade - mean[group]) ** 2).astype(np.float64)
    return dispersion_of_groups(within, count, mean)
