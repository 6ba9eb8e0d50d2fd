"""A proper score of correctness given confidence, cut into what calibration costs and what discrimination gains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray
from pytest_llmcal.metrics.bins import Bins
from pytest_llmcal.metrics.isotonic import isotonic_fit
from pytest_llmcal.metrics.post_hoc import cross_fitted, isotonic_map, logistic_map
from pytest_llmcal.metrics.proper_scores import (
    answer_losses,
    binary_brier_losses,
    binary_nll_losses,
    graded_brier_losses,
    graded_nll_losses,
)

ScoreName = Literal["brier", "nll"]
LOSSES = {
    "brier": (binary_brier_losses, graded_brier_losses),
    "nll": (binary_nll_losses, graded_nll_losses),
}


@dataclass(frozen=True)
class Decomposition:
    """Parts of a proper score: score = miscalibration - discrimination + within_bins + uncertainty.

    Attributes
    ----------
    score : float
        Mean loss of correctness given confidence: (c - y)^2, or -ln of the probability of what happened, of graded
        correctness the cross entropy.
    miscalibration : float
        How much lower it would be after recalibration. What is recalibrated on the items at hand
        fits their noise too, so that this is biased upward: a perfectly calibrated model has some.
    discrimination : float
        How much lower than ``uncertainty`` it would then be: what the confidences know.
    uncertainty : float
        Score of a model that always says the accuracy: of graded correctness with the variance that it has.
    within_bins : float
        What differences of confidence within bins add or save; zero where there are no bins.
    """

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float
    within_bins: float = 0.0

    @property
    def refinement(self) -> float:
        """What is left of the score without its miscalibration: uncertainty - discrimination + within_bins."""
        return self.uncertainty - self.discrimination + self.within_bins


def corp(confidence: FloatArray, correct: Answers, score: ScoreName = "brier") -> Decomposition:
    """Return the CORP decomposition: recalibrated by isotonic regression (Dimitriadis, Gneiting, Jordan 2021).

    No part is below zero, and none depends on bins. What falls where confidence rises counts as noise.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        Confidences within [0, 1], and 0 or 1, or graded between.
    score : {"brier", "nll"}
        Squared error, or logarithmic score.

    Examples
    --------
    >>> parts = corp(np.array([0.5, 0.5, 0.9, 0.9]), np.array([1, 0, 1, 1]))
    >>> [round(part, 4) for part in (parts.score, parts.miscalibration, parts.discrimination, parts.uncertainty)]
    [0.13, 0.005, 0.0625, 0.1875]
    """
    levels, fitted = isotonic_fit(confidence, correct)
    recalibrated = fitted[np.searchsorted(levels, confidence)]
    return _parts(confidence, correct, score, recalibrated, confidence)


def murphy(confidence: FloatArray, correct: Answers, bins: Bins, score: ScoreName = "brier") -> Decomposition:
    """Return Murphy's (1973) reliability, resolution and uncertainty over bins, and what is left within them.

    Reliability is ``miscalibration``, resolution ``discrimination``. They are about bins that all say their mean
    confidence; ``within_bins`` is what is left, for the Brier score the within-bin variance of the
    confidences less twice their covariance with correctness (Stephenson, Coelho, Jolliffe 2008).

    Parameters
    ----------
    confidence, correct, score
        As for ``corp``.
    bins : Bins
        Bins of any kind.

    Examples
    --------
    >>> from pytest_llmcal.metrics.bins import uniform
    >>> parts = murphy(np.array([0.6, 0.8, 0.6, 0.8]), np.array([1, 1, 0, 1]), uniform(2))
    >>> [round(part, 4) for part in (parts.score, parts.miscalibration, parts.discrimination, parts.within_bins)]
    [0.15, 0.0025, 0.0, -0.04]
    """
    index = bins.of(confidence)
    count = np.maximum(np.bincount(index, minlength=len(bins)), 1)

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        # Rounding of a mean must not carry it past 0 or 1.
        return np.asarray(np.clip(np.bincount(index, values, minlength=len(bins)) / count, 0.0, 1.0)[index])

    coarse = mean(confidence.astype(np.float64))
    return _parts(confidence, correct, score, mean(np.asarray(correct, dtype=np.float64)), coarse)


def refined(confidence: FloatArray, correct: Answers, fold: IndexArray, score: ScoreName = "brier") -> Decomposition:
    """Return the refinement error, the score after the best map of the confidence, and the calibration error, the rest.

    Berta, Holzmuller, Jordan, Bach (2025). The best of isotonic regression, a logistic map and none, each
    scored on items that it was not fitted to: so its own noise counts against a map, and what is
    gained is not flattered. Never below zero, as leaving the confidences alone is one of the maps.

    Parameters
    ----------
    confidence, correct, score
        As for ``corp``.
    fold : array of shape (n,)
        Fold of each item; two or more.
    """
    mapped = [cross_fitted(fit, confidence, correct, fold) for fit in (isotonic_map, logistic_map)]
    best = min([confidence, *mapped], key=lambda values: _mean_loss(values, correct, score))
    return _parts(confidence, correct, score, best, confidence, in_sample=False)


def _parts(
    confidence: FloatArray,
    correct: Answers,
    score: ScoreName,
    recalibrated: FloatArray,
    coarse: FloatArray,
    *,
    in_sample: bool = True,
) -> Decomposition:
    rate = float(np.mean(correct, dtype=np.float64))
    fine, before, after, base = (
        _mean_loss(values, correct, score)
        for values in (confidence, coarse, recalibrated, np.full(len(confidence), rate))
    )
    least = 0.0 if in_sample else -math.inf  # what is fitted here is no worse here, but for rounding
    within = 0.0 if math.isinf(before) else fine - before
    return Decomposition(fine, max(0.0, before - after), max(least, base - after), base, within)


def _mean_loss(confidence: FloatArray, correct: Answers, score: ScoreName) -> float:
    return float(answer_losses(confidence, correct, *LOSSES[score]).mean())
