"""The share of items of which something is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics.ranking import accuracy
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import design_effect, members_of
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def proportion(
    scores: Scores, name: str, is_true: npt.NDArray[np.bool_], confidence: float | None, what: str = ""
) -> Measurement:
    """Measure the share of items of which ``is_true`` holds, with the Clopper-Pearson interval.

    Parameters
    ----------
    scores : Scores
        The items; clusters among them widen the interval.
    name : str
        Name of the metric.
    is_true : array of shape (n,)
        One boolean an item.
    confidence : float or None
        Level of the interval; that of the rules in force by default.
    what : str
        What is counted, for the method.
    """
    counted = is_true.astype(np.float64)
    effect = design_effect(counted, members_of(scores.clusters))
    n = len(scores) / effect.design
    return measured(
        scores,
        name,
        accuracy(is_true),
        lambda level: clopper_pearson(counted.sum() / effect.design, n, level),
        confidence,
        f"{what}; Clopper-Pearson interval" if what else "Clopper-Pearson interval",
        effect=effect,
    )
