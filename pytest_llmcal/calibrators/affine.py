"""What all affine maps of the logits have in common; each method says its inputs and its penalties."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.best_temperature import best_inverse_temperature
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.errors import AtBoundWarning, CalibratorError
from pytest_llmcal.calibrators.inputs import Inputs, Kind
from pytest_llmcal.calibrators.of_choices import choices_of, refuse_impossible
from pytest_llmcal.calibrators.softmax_regression import AffineMap, fit
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Doubles


class Affine(Calibrator):
    """An affine map of the logits at the best temperature, drawn towards leaving them there.

    First comes temperature scaling (T stays one where no temperature is best), then the map, by softmax
    regression with quadratic penalties. All penalties are above zero: so there is one optimum, with fewer items
    than choices too, and the bias of a choice that is never right stays finite.

    Attributes
    ----------
    temperature : float or None
        The T that inputs are divided by; None before ``fit``.
    weights : array of shape (k,) or (k, k), or None
        What multiplies the inputs at that temperature; row i of a matrix makes the logit of choice i.
    bias : array of shape (k,) or None
        What is added to the logit of each choice.
    at_bound : bool
        True if the map gets all items right: penalties alone keep it finite.
    gradient : float or None
        Greatest absolute entry of the objective's gradient where the search ended; known after ``fit`` alone.
    """

    inputs: ClassVar[Kind]
    is_matrix: ClassVar[bool]

    def __init__(self) -> None:
        self.temperature: float | None = None
        self.weights: Doubles | None = None
        self.bias: Doubles | None = None
        self.at_bound = False
        self.gradient: float | None = None

    @abstractmethod
    def _penalties(self, n: int, k: int) -> tuple[Doubles, float]:
        """Return those of the weights, shape (k,) or (k, k), and that of the bias, beside the mean NLL."""

    def _learn(self, scores: Scores) -> None:
        choices = choices_of(scores, f"{self.name} scaling")
        refuse_impossible(scores, choices, f"{self.name} scaling")
        inverse, nothing_is_best = best_inverse_temperature(choices)
        self.temperature = 1.0 if nothing_is_best else 1.0 / inverse
        n, k = choices.values.shape
        found = fit(Inputs(choices, self.inputs, self.temperature), *self._penalties(n, k))
        (self.weights, self.bias), self.at_bound, self.gradient = found
        if self.at_bound:
            warnings.warn(
                f"{self.name} scaling gets all of {scores!r} right, so that more confidence always fits better: "
                "it is at bound, and its penalties alone keep it finite",
                AtBoundWarning,
                stacklevel=3,  # the line that calls fit
            )

    def _apply(self, scores: Scores) -> Scores:
        assert self.temperature is not None
        assert self.weights is not None
        assert self.bias is not None
        choices = choices_of(scores, f"{self.name} scaling")
        if choices.values.shape[1] != len(self.bias):
            raise CalibratorError(
                f"this {self.name} was fitted on {len(self.bias)} choices, but {scores!r} have "
                f"{choices.values.shape[1]}"
            )
        found = AffineMap(self.weights, self.bias)
        logits = np.empty(choices.values.shape)
        for rows, inputs, missing in Inputs(choices, self.inputs, self.temperature).slices():
            logits[rows] = found.logits(inputs, missing)
        return scores.recalibrated(logits, self.label)

    def _learnt(self) -> Learnt:
        assert self.temperature is not None
        assert self.weights is not None
        assert self.bias is not None
        return {
            "temperature": self.temperature,
            "at_bound": self.at_bound,
            "weights": self.weights,
            "bias": self.bias,
        }

    def _restore(self, learnt: Learnt) -> None:
        self.temperature, self.at_bound = storage.number(learnt, "temperature"), bool(learnt["at_bound"])
        if not self.temperature > 0.0:
            raise ValueError(f"temperature is {self.temperature!r}; it must be a number above zero")
        self.bias = storage.array(learnt, "bias")
        k = len(self.bias)
        self.weights = storage.array(learnt, "weights", shape=(k, k) if self.is_matrix else (k,))

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        assert self.temperature is not None
        assert self.bias is not None
        largest = float(np.abs(self.bias).max())
        return {"T": self.temperature, "largest_bias": largest} | ({"at_bound": True} if self.at_bound else {})


def strength(name: str, value: float) -> float:
    """Return an option that must be a finite number above zero.

    Raises
    ------
    CalibratorError
        If it is not.
    """
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not 0.0 < value < float("inf"):
        raise CalibratorError(f"{name} must be a finite number above zero, got {value!r}")
    return float(value)


def strength_or_none(name: str, value: float | None) -> float | None:
    """Return an option that may be left out, else a finite number above zero."""
    return None if value is None else strength(name, value)


def matrix_of(diagonal: float, off_diagonal: float, k: int) -> Doubles:
    """Return a (k, k) array with one number on the diagonal and another off it."""
    return np.where(np.eye(k, dtype=bool), diagonal, off_diagonal)
