"""Hypothesis strategies: calibration data for property tests of metrics, and changes of prompts that must not matter.

What language models produce is drawn on purpose: confidences with many ties, on the edges of
bins and at exactly zero and one, items with unlike numbers of choices, groups of very unequal size.

Examples
--------
>>> from hypothesis import given
>>> from pytest_llmcal import strategies
>>> @given(strategies.scores())
... def test_accuracy_is_a_share(scores):
...     assert 0 <= scores.accuracy() <= 1
>>> test_accuracy_is_a_share()
"""

from pytest_llmcal.strategies.calibration_data import (
    calibrated_scores,
    clusters,
    confidences,
    groups,
    labels,
    logits,
    miscalibrated_scores,
    perfect_steps,
    probabilities,
    scores,
)
from pytest_llmcal.strategies.prompts import looks, prompt_changes

__all__ = [
    "calibrated_scores",
    "clusters",
    "confidences",
    "groups",
    "labels",
    "logits",
    "looks",
    "miscalibrated_scores",
    "perfect_steps",
    "probabilities",
    "prompt_changes",
    "scores",
]
