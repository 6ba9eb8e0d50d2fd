"""Platt scaling: a straight line through the logits of the confidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right
from pytest_llmcal.calibrators.logistic import fit_logistic, logit, platt_targets, probability, shift
from pytest_llmcal.calibrators.of_confidence import OfConfidence


@dataclass(frozen=True, eq=False)
class LogitLine(ConfidenceMap):
    """The map of c to 1 / (1 + exp(-(slope * logit(c) + intercept))).

    Examples
    --------
    >>> LogitLine(slope=0.5, intercept=0.0)(np.array([0.5, 0.8])).round(4).tolist()
    [0.5, 0.6667]
    """

    slope: float
    intercept: float

    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes."""
        return probability(self.slope * logit(confidence) + self.intercept)

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return slope and intercept."""
        return {"slope": self.slope, "intercept": self.intercept}


class Platt(OfConfidence):
    """Fit a logistic curve to the logit of the confidence (Platt 1999; Lin, Lin, Weng 2007).

    The map is sigmoid(slope * logit(c) + intercept). It minimises the negative log-likelihood of Platt's
    targets, (R + 1) / (R + 2) for R right answers and 1 / (W + 2) for W wrong ones, so that a finite
    optimum exists even where confidence separates them. It assumes that right answers' and wrong answers'
    logits differ as those of two normal distributions of equal variance do; what is bent otherwise stays
    miscalibrated. Many confidences of exactly 0 or 1 pull at it: they count as 2^-23 from the end, a
    logit of 16. No result is closer to 0 or 1 than that.

    The ranking is kept if the slope is above zero. A slope below zero says that surer answers were less
    often right, and turns the ranking round. Where all confidences are the same, the slope stays 1.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> Platt().fit(Scores([0.9, 0.9, 0.9, 0.6, 0.6], [1, 1, 0, 1, 0]))
    Platt(slope=0.2095, intercept=0.01515)
    """

    name: ClassVar[str] = "platt"
    kind: ClassVar[type[ConfidenceMap]] = LogitLine

    def _fitted(self, confidence: Doubles, correct: Right) -> LogitLine:
        return fit_logit_line(confidence, correct)


def fit_logit_line(confidence: Doubles, correct: Right) -> LogitLine:
    """Return Platt's map of these confidences."""
    logits, targets = logit(confidence), platt_targets(correct)
    if logits.min() == logits.max():
        return LogitLine(1.0, shift(logits, targets))
    features = np.column_stack([logits, np.ones_like(logits)])
    slope, intercept = fit_logistic(features, targets, np.array([1.0, 0.0]))
    return LogitLine(float(slope), float(intercept))
