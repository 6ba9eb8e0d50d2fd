"""Spline calibration: a smooth curve through the logits of the confidence, as bent as the answers ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import expit, xlogy

from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right, check_rising
from pytest_llmcal.calibrators.levels import Levels
from pytest_llmcal.calibrators.logistic import fit_logistic, logit, platt_targets, platt_targets_of, probability
from pytest_llmcal.calibrators.of_confidence import Extension, OfConfidence
from pytest_llmcal.calibrators.options import checked_count, checked_switch

# Neighbours are pooled into at most so many groups: a curve of few knots looks the same over them, and is quick.
_GROUPS = 4096
# Penalties tried, for confidences whose logits have unit variance and for each item: from a straight line to free.
_PENALTIES = 10.0 ** np.arange(1.0, -7.0, -1.0)


@dataclass(frozen=True, eq=False)
class SplineMap(ConfidenceMap):
    """The map of c to 1 / (1 + exp(-f(logit(c)))), f a natural cubic spline, straight beyond its knots.

    Attributes
    ----------
    knots, value : arrays of shape (k,)
        Logits, rising, and what f is there. A single knot stands for a line of slope one through it.
    """

    knots: Doubles
    value: Doubles

    def __post_init__(self) -> None:
        check_rising(self.knots, "knots")
        if len(self.value) != len(self.knots):
            raise ValueError(f"value holds {len(self.value)} numbers; it must be {len(self.knots)}")

    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes."""
        z = logit(confidence)
        if len(self.knots) == 1:
            return probability(z - self.knots[0] + self.value[0])
        spline = _natural(self.knots, self.value)
        inside = np.clip(z, self.knots[0], self.knots[-1])
        first, last = spline(self.knots[[0, -1]], 1)
        return probability(spline(inside) + np.where(z < inside, first, last) * (z - inside))

    @property
    def is_monotone(self) -> bool:
        """Whether it never falls."""
        if len(self.knots) == 1:
            return True
        slope = _natural(self.knots, self.value).derivative()
        turns = slope.derivative().roots(extrapolate=False)  # NaN where it is straight
        return bool(slope(np.append(self.knots, turns[np.isfinite(turns)])).min() >= -1e-9)

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return how many knots it has, and whether it never falls."""
        return {"knots": len(self.knots), "monotone": self.is_monotone}


class Spline(OfConfidence):
    """Fit a natural cubic spline to the logit of the confidence (Lucena 2018).

    The map is sigmoid(f(logit(c))), f a natural cubic spline with knots at quantiles. It minimises the negative
    log-likelihood of Platt's (1999) targets plus a penalty on the integral of f''^2. The penalty is the one of the
    least Akaike criterion among powers of ten (Lucena cross-validates); a great one makes it Platt's map. It
    assumes that accuracy is smooth in the logit; steps are rounded off, and where few items are, at
    the ends, it is a straight line. Confidences of exactly 0 or 1 count as 2^-23 from the end.

    A spline may fall between rising answers, and so turn the ranking round. With ``monotone`` only penalties
    whose spline never falls are taken: the ranking is kept. Where even the straight line falls, because
    surer answers were less often right, all confidences become one.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        See ``OfConfidence``.
    knots : int
        How many, at most; there are fewer where confidences are tied. At least 2 unless all are one.
    monotone : bool
        Whether it must not fall.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> Spline().fit(Scores([0.2, 0.4, 0.6, 0.8] * 9, [0, 0, 1, 1] * 9))
    Spline(knots=4, monotone=True)
    """

    name: ClassVar[str] = "spline"
    options: ClassVar[tuple[str, ...]] = ("extension", "knots", "monotone")
    kind: ClassVar[type[ConfidenceMap]] = SplineMap

    def __init__(self, *, extension: Extension = "top-label", knots: int = 8, monotone: bool = True) -> None:
        super().__init__(extension=extension)
        self.knots = checked_count("knots", knots, least=1)
        self.monotone = checked_switch("monotone", monotone)

    def _fitted(self, confidence: Doubles, correct: Right) -> SplineMap:
        levels = Levels.of(confidence, correct)
        knots = _knots(levels, max(2, self.knots))
        mean = platt_targets(correct).mean()
        level = np.full(len(knots), np.log(mean) - np.log1p(-mean))
        if len(knots) == 1:
            return SplineMap(knots, level)
        best, least = SplineMap(knots, level), np.inf
        for value, criterion in _fits(levels.pooled(levels.equal_mass(_GROUPS)), knots):
            spline = SplineMap(knots, value)
            if criterion < least and (spline.is_monotone or not self.monotone):
                best, least = spline, criterion
        return best


def _natural(knots: Doubles, value: Doubles) -> Any:
    return CubicSpline(knots, value, bc_type="natural")


def _knots(levels: Levels, most: int) -> Doubles:
    """Return the outermost logits, and between them those that cut the items in parts of equal mass."""
    first = levels.equal_mass(most - 1)
    return np.unique(logit(np.append(levels.lowest[first], levels.highest[-1])))


def _fits(groups: Levels, knots: Doubles) -> list[tuple[Doubles, float]]:
    """Return the values at the knots for each penalty, and the Akaike criterion of each."""
    logits, items = logit(groups.centre), groups.count.sum()
    right, wrong = platt_targets_of(groups.right.sum(), items)
    targets = (groups.right * right + (groups.count - groups.right) * wrong) / groups.count
    spline = _natural(knots, np.eye(len(knots)))
    basis, bend, gap = spline(logits), spline(knots, 2), np.diff(knots)
    # f'' is straight between knots, so the integral of f''^2 is a quadratic form in its values there.
    mass = np.diag(np.append(gap, 0.0) + np.append(0.0, gap)) / 3.0 + (np.diag(gap, 1) + np.diag(gap, -1)) / 6.0
    spread = np.sqrt(np.cov(logits, aweights=groups.count, ddof=0)) if len(groups) > 1 else 0.0
    bending = bend.T @ mass @ bend * float(spread) ** 3 * items
    value, fits = knots, []
    for weight in _PENALTIES:
        value = fit_logistic(basis, targets, value, counts=groups.count, penalty=weight * bending)
        p = np.asarray(expit(basis @ value))
        information = (basis * (groups.count * p * (1.0 - p))[:, None]).T @ basis
        freedom = np.trace(np.linalg.lstsq(information + weight * bending, information, rcond=None)[0])
        likelihood = groups.count @ (xlogy(targets, p) + xlogy(1.0 - targets, 1.0 - p))
        fits.append((value, 2.0 * float(freedom - likelihood)))
    return fits
