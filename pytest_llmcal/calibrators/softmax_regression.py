"""Penalised softmax regression: the one objective that all affine maps of the logits share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from pytest_llmcal.calibrators.inputs import Inputs
from pytest_llmcal.scores.choices import Doubles
from pytest_llmcal.scores.validation import Mask

_STEPS = 5000
# Greatest entry of the gradient of the mean negative log-likelihood at which the search ends.
GRADIENT = 1e-7


class AffineMap(NamedTuple):
    """Logits are ``weights * x + bias`` for a vector of weights, and ``weights @ x + bias`` for a matrix.

    Attributes
    ----------
    weights : array of shape (k,) or (k, k)
        What inputs are multiplied by; row i makes the logit of choice i.
    bias : array of shape (k,)
        What is added to the logit of each choice.
    """

    weights: Doubles
    bias: Doubles

    def logits(self, inputs: Doubles, missing: Mask | None) -> Doubles:
        """Return logits of shape (n, k); those of missing choices are minus infinity."""
        scaled = inputs * self.weights if self.weights.ndim == 1 else inputs @ self.weights.T
        logits = scaled + self.bias
        if missing is not None:
            logits[missing] = -np.inf
        return logits


class Fit(NamedTuple):
    """The best map, and how it was found.

    Attributes
    ----------
    map : AffineMap
        Of least penalised mean negative log-likelihood.
    separates : bool
        Whether it gives each right choice the largest logit: then larger weights would always be better, and
        the penalties alone keep them finite.
    gradient : float
        Greatest absolute entry of the gradient there, by the weights and by the logits of a mean item.
    """

    map: AffineMap
    separates: bool
    gradient: float


def fit(inputs: Inputs, penalty_of_weights: Doubles, penalty_of_bias: float) -> Fit:
    """Minimise the penalised mean negative log-likelihood by L-BFGS, from the identity.

    The objective is ``mean(-log softmax(map(x))[right]) + sum(penalty * (weights - identity)**2) + penalty *
    sum(bias**2)``. It is convex, and strictly so where all penalties are above zero.

    Parameters
    ----------
    inputs : Inputs
        With labels of the right choices.
    penalty_of_weights : array of shape (k,) or (k, k)
        Of the squared distance of each weight from one, or from the identity matrix; its shape says which.
    penalty_of_bias : float
        Of each squared bias.
    """
    shape, k = penalty_of_weights.shape, len(penalty_of_weights)
    identity = np.ones(k) if len(shape) == 1 else np.eye(k)
    inputs = inputs.kept()
    n = len(inputs.choices.labels)
    # The search moves the logits of a mean item in place of the bias: else each weight would drag its bias along.
    # Of few items that is left alone, because their penalties, which are those of the bias itself, weigh more.
    mean = sum((x.sum(axis=0) for _, x, _ in inputs.slices()), np.zeros(k)) / n if n > k else np.zeros(k)

    def unpacked(parameters: Doubles) -> tuple[Doubles, Doubles]:
        change = parameters[k:].reshape(shape)
        return change, parameters[:k] - (change * mean if change.ndim == 1 else change @ mean)

    def objective(parameters: Doubles) -> tuple[float, Doubles]:
        change, bias = unpacked(parameters)
        loss, by_weights, by_bias = _loss(inputs, AffineMap(identity + change, bias))
        loss += float((penalty_of_weights * change * change).sum() + penalty_of_bias * (bias @ bias))
        by_weights += 2.0 * penalty_of_weights * change
        by_bias += 2.0 * penalty_of_bias * bias
        by_weights -= by_bias * mean if change.ndim == 1 else np.outer(by_bias, mean)
        return loss, np.concatenate([by_bias, by_weights.ravel()])

    best, gradient = _least(objective, np.zeros(k + identity.size))
    change, bias = unpacked(best)
    found = AffineMap(identity + change, bias.copy())
    return Fit(found, _separates(inputs, found), gradient)


def _least(objective: Callable[[Doubles], tuple[float, Doubles]], start: Doubles) -> tuple[Doubles, float]:
    # No end by small progress (ftol): weights of nearly equal inputs move slowly, long after the loss has settled.
    options = {"maxiter": _STEPS, "maxfun": 2 * _STEPS, "maxcor": 20, "gtol": GRADIENT, "ftol": 0.0}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    return found.x, float(np.abs(found.jac).max())


def _loss(inputs: Inputs, affine: AffineMap) -> tuple[float, Doubles, Doubles]:
    """Return the mean negative log-likelihood and its derivatives by weights and bias."""
    labels = inputs.choices.labels
    loss, by_weights, by_bias = 0.0, np.zeros_like(affine.weights), np.zeros_like(affine.bias)
    for rows, x, missing in inputs.slices():
        logits = affine.logits(x, missing)
        right = np.arange(len(x)), labels[rows]
        normaliser = logsumexp(logits, axis=1)
        loss += float((normaliser - logits[right]).sum())
        # Derivative by the logits: probabilities, less one for the right choice.
        error = np.exp(logits - normaliser[:, None])
        error[right] -= 1.0
        by_weights += (error * x).sum(axis=0) if affine.weights.ndim == 1 else error.T @ x
        by_bias += error.sum(axis=0)
    n = len(labels)
    return loss / n, by_weights / n, by_bias / n


def _separates(inputs: Inputs, affine: AffineMap) -> bool:
    for rows, x, missing in inputs.slices():
        logits = affine.logits(x, missing)
        right = np.take_along_axis(logits, inputs.choices.labels[rows, None], axis=1)
        if ((logits >= right).sum(axis=1) > 1).any():  # the right choice itself, and another
            return False
    return True
