"""Whether accuracy falls where confidence rises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics.bin_sums import bin_sums
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
    count = np.bincount(group) / effect.design
    right = np.bincount(group, scores.correct) / effect.design
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
