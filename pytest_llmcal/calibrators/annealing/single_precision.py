"""Scores as single precision holds them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import locked


def in_single_precision(scores: Scores) -> Scores:
    """Return the scores with their values rounded to float32.

    A random search parts ways at the first answer that a rounding error carries over the edge of a bin;
    after rounding, the same logits in double and in single precision are searched alike.

    Examples
    --------
    >>> in_single_precision(Scores([0.1], [1])).confidence.dtype
    dtype('float32')
    """
    if scores.choices is None:
        return scores._with(confidence=locked(_rounded(scores.confidence)))
    choices = replace(scores.choices, values=_rounded(scores.choices.values))
    return scores._with(
        confidence=locked(choices.top_probability()),
        correct=locked(choices.chosen == choices.labels),
        choices=choices,
    )


def _rounded(values: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):
        rounded: FloatArray = values.astype(np.float32)
    # A number beyond single precision must become neither an absent choice nor an impossible one.
    kept = np.array_equal(np.isfinite(rounded), np.isfinite(values)) and np.array_equal(rounded == 0.0, values == 0.0)
    return rounded if kept else values.copy()
