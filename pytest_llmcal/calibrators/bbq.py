"""BBQ, Bayesian binning into quantiles: an average over many binnings."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from scipy.special import gammaln, softmax

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right, Steps
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.logistic import within
from pytest_llmcal.calibrators.of_confidence import OfConfidence
from pytest_llmcal.metrics.binning import IndexArray

# Naeini, Cooper, Hauskrecht (2015): from n^(1/3) / C to C n^(1/3) bins, and a prior worth N' = 2 items in all.
_C = 10.0
_PRIOR_ITEMS = 2.0


class BBQ(OfConfidence):
    """Average histogram binnings, each weighed by how probable it makes the answers (Naeini, Cooper, Hauskrecht 2015).

    All binnings of equal mass with n^(1/3) / 10 to 10 n^(1/3) bins take part. In each, a bin's accuracy has a
    beta prior about the bin's middle, 2 items strong over all bins together; its value is the posterior
    mean, never exactly 0 or 1. That prior is one for right and wrong answers: graded ones are refused. It
    assumes what histogram binning assumes, and chooses the number of bins itself. The result is discrete and
    need not rise: the ranking is not kept.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> fitted = BBQ().fit(Scores([0.2, 0.4, 0.6, 0.8] * 5, [0, 0, 1, 1] * 5))
    >>> fitted.transform(Scores([0.25, 0.75], [0, 1])).confidence.round(3).tolist()
    [0.02, 0.98]
    """

    name: ClassVar[str] = "bbq"
    learns_grades: ClassVar[bool] = False
    kind: ClassVar[type[ConfidenceMap]] = Steps

    def _fitted(self, confidence: Doubles, correct: Right) -> Steps:
        levels = Levels.of(confidence, correct)
        binnings = _binnings(levels)
        posteriors = [_posterior(levels, first) for first in binnings]
        weights = softmax([evidence for evidence, _ in posteriors])
        # Each binning is a stair over the levels; the average is the sum of what they rise at each.
        rises = np.zeros(len(levels))
        for weight, first, (_, value) in zip(weights, binnings, posteriors, strict=True):
            rises[first] += weight * np.diff(value, prepend=0.0)
        first = np.flatnonzero(rises)
        return Steps(levels.pooled(first).upper, np.clip(np.cumsum(rises)[first], 0.0, 1.0))


def _binnings(levels: Levels) -> list[IndexArray]:
    """Return the first level of each bin of each binning; ties may leave fewer bins, and then fewer binnings."""
    root = levels.count.sum() ** (1.0 / 3.0)
    fewest, most = max(1, math.floor(root / _C)), min(len(levels), math.ceil(root * _C))
    cuts = (levels.equal_mass(bins) for bins in range(min(fewest, most), most + 1))
    return list({first.tobytes(): first for first in cuts}.values())


def _posterior(levels: Levels, first: IndexArray) -> tuple[float, Doubles]:
    """Return the log evidence of one binning (Heckerman, Geiger, Chickering 1995), and each bin's posterior mean."""
    bins = levels.pooled(first)
    upper = bins.upper
    middle = within(0.5 * (upper + np.append(0.0, upper[:-1])))  # a prior of no item at all has no gamma function
    items = _PRIOR_ITEMS / len(bins)
    right, wrong = items * middle, items * (1.0 - middle)
    evidence = (
        gammaln(items)
        - gammaln(bins.count + items)
        + gammaln(bins.right + right)
        - gammaln(right)
        + gammaln(bins.count - bins.right + wrong)
        - gammaln(wrong)
    )
    return float(evidence.sum()), (bins.right + right) / (bins.count + items)
