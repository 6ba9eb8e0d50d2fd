"""Logistic regression in few parameters, by Newton's method."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pytest_llmcal.calibrators.confidence_maps import Doubles, Right
from pytest_llmcal.metrics.graded import is_graded

# How close to zero and one a logarithm or logit looks: the spacing of single precision at one. Softmax in
# single precision gives exact ones often; its logit must be finite, and the same in every precision.
CLOSEST = 2.0**-23
_STEPS = 100
# Newton's decrement for each item, twice what the loss is still above its least: squared in each step.
_PRECISION = 1e-15
# What keeps collinear features solvable: nothing beside what the answers say.
_RIDGE, _LEAST_RIDGE = 1e-10, 1e-12
_ARMIJO = 1e-4
_SHORTEST = 1e-12


def within(confidence: Doubles) -> Doubles:
    """Return confidences moved to no closer than 2^-23 to zero and one."""
    return np.clip(confidence, CLOSEST, 1.0 - CLOSEST)


def logit(confidence: Doubles) -> Doubles:
    """Return ln(c / (1 - c)) of confidences moved ``within``."""
    c = within(confidence)
    return np.log(c) - np.log1p(-c)


def probability(logits: Doubles) -> Doubles:
    """Return 1 / (1 + exp(-z)), moved ``within``, so that no answer is impossible."""
    return within(expit(logits))


def shift(logits: Doubles, targets: Doubles) -> float:
    """Return what must be added to logits that are all the same, so that they say the mean of the targets."""
    mean = targets.mean()
    return float(np.log(mean) - np.log1p(-mean) - logits[0])


def platt_targets(correct: Right) -> Doubles:
    """Return Platt's (1999) targets: (R + 1) / (R + 2) for the R right answers, 1 / (W + 2) for the W wrong ones.

    They are what a uniform prior makes of each class, and give every logistic regression a finite optimum. A graded
    answer has the target that lies as far between the two, with the sum of the grades for R.

    Examples
    --------
    >>> platt_targets(np.array([True, False, False])).tolist()
    [0.6666666666666666, 0.25, 0.25]
    """
    right, wrong = platt_targets_of(correct.sum(), len(correct))
    return correct * right + (1.0 - correct) * wrong if is_graded(correct) else np.where(correct, right, wrong)


def platt_targets_of(right: float, items: float) -> tuple[float, float]:
    """Return the target of a right answer, and of a wrong one, where so many of the items are right."""
    return (right + 1.0) / (right + 2.0), 1.0 / (items - right + 2.0)


def fit_logistic(
    features: Doubles,
    targets: Doubles,
    start: Doubles,
    *,
    counts: Doubles | None = None,
    penalty: Doubles | None = None,
    nonnegative: int = 0,
) -> Doubles:
    """Return the w that minimises sum of n (log(1 + exp(z)) - t z), plus w' P w / 2, with z = X w.

    Newton's method with step halving; coefficients that must not be negative are held at zero while the
    loss pulls them below (Bertsekas 1982, projected Newton). Where features are collinear the
    solution near the start is taken.

    Parameters
    ----------
    features : array of shape (n, d)
        X.
    targets : array of shape (n,)
        t, from 0 to 1.
    start : array of shape (d,)
        Where to begin.
    counts : array of shape (n,), optional
        n, how often each row counts; once by default.
    penalty : array of shape (d, d), optional
        P, positive semidefinite; nothing by default.
    nonnegative : int
        How many of the first coefficients must be at least zero.

    Examples
    --------
    >>> x = np.array([[0.0, 1.0], [1.0, 1.0]])
    >>> fit_logistic(x, np.array([0.75, 0.5]), np.zeros(2)).round(4).tolist()  # logits ln 3 and 0
    [-1.0986, 1.0986]
    """
    p = np.zeros((len(start), len(start))) if penalty is None else penalty
    n = np.ones(len(targets)) if counts is None else counts
    bounded = np.arange(len(start)) < nonnegative

    def loss(w: Doubles, z: Doubles) -> float:
        # log(1 + exp(z)), kept from overflow
        return float(n @ (np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))) - targets * z) + 0.5 * w @ p @ w)

    w = start.astype(np.float64)
    z = features @ w
    here = loss(w, z)
    for _ in range(_STEPS):
        fitted = expit(z)
        slope = features.T @ (n * (fitted - targets)) + p @ w
        free = ~(bounded & (w <= 0.0) & (slope > 0.0))
        curvature = (features * (n * fitted * (1.0 - fitted))[:, None]).T @ features + p
        ridge = (_RIDGE * np.trace(curvature) / len(w) + _LEAST_RIDGE) * np.eye(len(w))
        step = np.zeros_like(w)
        step[free] = -np.linalg.solve((curvature + ridge)[np.ix_(free, free)], slope[free])
        if -float(slope @ step) <= _PRECISION * n.sum():
            break
        size = 1.0
        while size > _SHORTEST:
            moved = np.where(bounded, np.maximum(w + size * step, 0.0), w + size * step)
            z = features @ moved
            there = loss(moved, z)
            if there <= here + _ARMIJO * float(slope @ (moved - w)):
                break
            size *= 0.5
        else:
            break
        w, here = moved, there
    return w
