"""Beta calibration: three parameters, and the identity among the maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right
from pytest_llmcal.calibrators.logistic import fit_logistic, logit, platt_targets, probability, shift, within
from pytest_llmcal.calibrators.of_confidence import OfConfidence


@dataclass(frozen=True, eq=False)
class BetaMap(ConfidenceMap):
    """The map of c to 1 / (1 + exp(-(a ln c - b ln(1 - c) + m))) with a, b at least zero.

    Examples
    --------
    >>> BetaMap(a=1.0, b=1.0, m=0.0, at_bound=False)(np.array([0.2, 0.8])).round(4).tolist()
    [0.2, 0.8]
    """

    a: float
    b: float
    m: float
    at_bound: bool

    def __post_init__(self) -> None:
        if self.a < 0.0 or self.b < 0.0:
            raise ValueError(f"a is {self.a!r} and b is {self.b!r}; neither may be below zero")

    @property
    def is_at_bound(self) -> bool:
        """Whether no finite a, b and m are best."""
        return self.at_bound

    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes."""
        return probability(_features(confidence) @ np.array([self.a, self.b, self.m]))

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return its parameters."""
        return {"a": self.a, "b": self.b, "m": self.m} | ({"at_bound": True} if self.at_bound else {})


class Beta(OfConfidence):
    """Fit the ratio of two beta densities (Kull, Silva Filho, Flach 2017).

    The map is sigmoid(a ln c - b ln(1 - c) + m) with a, b >= 0, of greatest likelihood. It assumes that the
    confidences of right and of wrong answers are beta distributed. Unlike Platt's, its maps may bend one way near
    0 and another near 1, and the identity is among them: a calibrated model is left alone. Confidences of exactly
    0 or 1 count as 2^-23 from the end, and no result is closer to it.

    Where all answers are right, or all wrong, or no wrong one is surer than any right one, no finite map is
    best: it is fitted to Platt's (1999) targets instead, and a warning says so.

    The ranking is kept, but for ties where a or b is zero; where both are, more confident answers were less
    often right, and all confidences become one. Where all are the same, a = b = slope 1 stays, and m is fitted.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> Beta().fit(Scores([0.9, 0.9, 0.9, 0.7, 0.6, 0.6], [1, 1, 0, 1, 1, 0]))
    Beta(a=1.132, b=0, m=1.02)
    """

    name: ClassVar[str] = "beta"
    kind: ClassVar[type[ConfidenceMap]] = BetaMap

    def _fitted(self, confidence: Doubles, correct: Right) -> BetaMap:
        at_bound = _is_separable(confidence, correct)
        targets = platt_targets(correct) if at_bound else correct.astype(np.float64)
        features = _features(confidence)
        if (features[:, 0] == features[0, 0]).all():
            return BetaMap(1.0, 1.0, shift(logit(confidence), targets), at_bound)
        a, b, m = fit_logistic(features, targets, np.array([1.0, 1.0, 0.0]), nonnegative=2)
        return BetaMap(float(a), float(b), float(m), at_bound)


def _features(confidence: Doubles) -> Doubles:
    c = within(confidence)
    return np.column_stack([np.log(c), -np.log1p(-c), np.ones_like(c)])


def _is_separable(confidence: Doubles, correct: Right) -> bool:
    """Return whether no wrong answer is surer than any right one, if there are both; a graded one is both."""
    right, wrong = correct > 0.0, correct < 1.0
    if not right.any() or not wrong.any():
        return True
    c = within(confidence)
    return bool(c[right].min() >= c[wrong].max() and c.min() < c.max())
