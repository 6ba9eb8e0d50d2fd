"""Ensemble temperature scaling: scaled, plain and uniform probabilities, mixed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.best_temperature import best_inverse_temperature
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.errors import AtBoundWarning
from pytest_llmcal.calibrators.of_choices import choices_of, logits_of, refuse_impossible
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Doubles


class EnsembleTemperature(Calibrator):
    """w1 softmax(z / T) + w2 softmax(z) + w3 / K (Zhang, Kailkhura, Han 2020).

    T is that of temperature scaling, and then the weights, which are at least zero and sum to one, minimise the
    negative log-likelihood, a convex problem. K is the number of choices that the item has. The third part keeps
    every choice possible, so that confident errors cost less; it assumes that a share of items is answered no
    better than by chance. Few items may give it too much weight.

    The chosen answers stay the same, and so does the order of all choices of an item; the ranking of items
    by confidence may change where there are more than two choices.

    Attributes
    ----------
    temperature : float or None
        The fitted T; None before ``fit``.
    weights : array of shape (3,) or None
        Of the scaled, plain and uniform probabilities.
    at_bound : bool
        True if no temperature from 1e-4 to 1e4 is best, as for ``Temperature``.

    Examples
    --------
    >>> scores = Scores.from_logits([[4.0, 0.0], [2.0, 0.0]] * 50, [0, 0, 1, 1, 0] * 20)
    >>> EnsembleTemperature().fit(scores).weights.sum().round(6)
    np.float64(1.0)
    """

    name: ClassVar[str] = "ensemble-temperature"

    def __init__(self) -> None:
        self.temperature: float | None = None
        self.weights: Doubles | None = None
        self.at_bound = False

    def _learn(self, scores: Scores) -> None:
        choices = choices_of(scores, "ensemble temperature scaling")
        refuse_impossible(scores, choices, "mixture at a temperature")
        inverse, self.at_bound = best_inverse_temperature(choices)
        self.temperature = 1.0 / inverse
        parts = np.empty((len(scores), 3))
        for rows, logits in logits_of(choices):
            for part, logs in enumerate(_parts(logits.astype(np.float64), self.temperature)):
                parts[rows, part] = np.take_along_axis(logs, choices.labels[rows, None], axis=1)[:, 0]
        self.weights = _best_weights(parts)
        if self.at_bound:
            warnings.warn(
                f"no temperature is best for {scores!r}: T={self.temperature:.4g} is at bound",
                AtBoundWarning,
                stacklevel=3,  # the line that calls fit
            )

    def _apply(self, scores: Scores) -> Scores:
        assert self.temperature is not None
        assert self.weights is not None
        choices = choices_of(scores, "ensemble temperature scaling")
        with np.errstate(divide="ignore"):  # a part of weight zero has log-weight minus infinity
            log_weights = np.log(self.weights)
        logits = np.empty(choices.values.shape)
        for rows, values in logits_of(choices):
            mixed = np.full(values.shape, -np.inf)
            for log_weight, logs in zip(log_weights, _parts(values.astype(np.float64), self.temperature), strict=True):
                np.logaddexp(mixed, logs + log_weight, out=mixed)
            logits[rows] = mixed
        return scores.recalibrated(logits, self.label)

    def _learnt(self) -> Learnt:
        assert self.temperature is not None
        assert self.weights is not None
        return {"temperature": self.temperature, "at_bound": self.at_bound, "weights": self.weights}

    def _restore(self, learnt: Learnt) -> None:
        self.temperature, self.at_bound = storage.number(learnt, "temperature"), bool(learnt["at_bound"])
        if not self.temperature > 0.0:
            raise ValueError(f"temperature is {self.temperature!r}; it must be a number above zero")
        self.weights = storage.array(learnt, "weights", shape=(3,))
        if (self.weights < 0.0).any() or not math.isclose(self.weights.sum(), 1.0, abs_tol=1e-9):
            raise ValueError(f"weights are {self.weights.tolist()}; they must be at least zero and sum to one")

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        assert self.temperature is not None
        assert self.weights is not None
        shares = dict(zip(("scaled", "plain", "uniform"), map(float, self.weights), strict=True))
        return {"T": self.temperature} | shares | ({"at_bound": True} if self.at_bound else {})


def _parts(logits: Doubles, temperature: float) -> tuple[Doubles, Doubles, Doubles]:
    """Return log-probabilities of the three parts, shape (n, k) each; minus infinity for missing choices."""
    there = logits > -np.inf
    uniform = np.where(there, -np.log(there.sum(axis=1, keepdims=True)), -np.inf)
    return log_softmax(logits / temperature, axis=1), log_softmax(logits, axis=1), uniform


def _best_weights(logs: Doubles) -> Doubles:
    """Return the weights of greatest likelihood, from the log-probabilities of each right choice, shape (n, 3)."""
    # Dividing an item's three by their largest changes the likelihood by a constant, and nothing underflows.
    parts = np.exp(logs - logs.max(axis=1, keepdims=True))

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        mixed = parts @ weights
        return -float(np.log(mixed).mean()), -(parts / mixed[:, None]).mean(axis=0)

    found = minimize(
        loss,
        # Not at an edge: the likelihood of an item may be zero there.
        np.array([0.98, 0.01, 0.01]),
        jac=True,
        method="SLSQP",
        bounds=[(1e-12, 1.0)] * 3,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1.0, "jac": np.ones_like},
        options={"ftol": 1e-15, "maxiter": 500},
    )
    weights: Doubles = np.where(found.x < 1e-9, 0.0, found.x)
    return np.asarray(weights / weights.sum())
