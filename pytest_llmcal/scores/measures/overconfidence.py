"""By how much confidence exceeds accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import contributions, members_of
from pytest_llmcal.statistics.mean import mean_interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def confidence_minus_accuracy(scores: Scores, *, confidence: float | None = None) -> Measurement:
    """Measure the mean of confidence less correctness: above zero where the model is too sure.

    Its absolute value is at most the calibration error; what is too sure here and not sure enough there balances.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> confidence_minus_accuracy(Scores([0.9] * 100, [1] * 70 + [0] * 30))
    confidence_minus_accuracy=0.2000 [0.1140, 0.2980] at 95%, n=100
    """
    values = contributions(
        np.subtract(scores.confidence, scores.correct, dtype=np.float64), members := members_of(scores.clusters)
    )
    mean = float(scores.confidence.mean(dtype=np.float64))
    return measured(
        scores,
        "confidence_minus_accuracy",
        values.mean(),
        lambda level: mean_interval(values, level, (mean - 1.0, mean)),
        confidence,
        "mean of confidence less correctness; Hall's skewness-corrected t interval"
        + ("" if members is None else f" over {len(values)} clusters"),
    )
