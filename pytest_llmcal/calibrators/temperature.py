"""Temperature scaling: one number that makes all answers less, or more, confident."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Choices

if TYPE_CHECKING:
    from typing_extensions import Self

# Temperatures searched. A fit that runs into an end has no minimum inside.
LOWEST, HIGHEST = 1e-4, 1e4
_STEPS = 100
_PRECISION = 1e-10


class AtBoundWarning(UserWarning):
    """The likelihood has no optimum at a finite temperature above zero: the data are separable or all wrong."""


class Temperature:
    """Divide the logits by one temperature T (Guo, Pleiss, Sun, Weinberger 2017).

    T minimises the negative log-likelihood, which is convex in 1/T; it is found by
    Newton's method in log(1/T), kept inside a shrinking bracket. T above one makes
    answers less confident. The chosen answers stay the same.

    Attributes
    ----------
    temperature : float or None
        The fitted T; None before ``fit``.
    at_bound : bool
        True if the likelihood pushed T to an end of the range searched (1e-4 to 1e4):
        all answers right by any margin, or wrong more often than by chance.

    Examples
    --------
    >>> scores = Scores.from_logits([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]], [0, 0, 0, 1])
    >>> Temperature().fit(scores)
    Temperature(T=3.641)
    """

    name: ClassVar[str] = "temperature"

    def __init__(self) -> None:
        self.temperature: float | None = None
        self.at_bound = False

    def __repr__(self) -> str:
        return "Temperature(unfitted)" if self.temperature is None else f"Temperature(T={self.temperature:.4g})"

    def fit(self, scores: Scores) -> Self:
        """Find the temperature that makes the right choices most likely.

        Raises
        ------
        CalibratorError
            If the scores hold no logits or probabilities over choices, or a right
            choice has probability zero, which no temperature mends.
        """
        choices = _choices(scores)
        _refuse_impossible(scores, choices)
        inverse, self.at_bound = _best_inverse_temperature(choices)
        self.temperature = 1.0 / inverse
        if self.at_bound:
            warnings.warn(
                f"no temperature from {LOWEST:g} to {HIGHEST:g} is best for {scores!r}: {self!r} is at bound",
                AtBoundWarning,
                stacklevel=2,
            )
        return self

    def transform(self, scores: Scores) -> Scores:
        """Return the scores at the fitted temperature.

        Raises
        ------
        CalibratorError
            Before ``fit``, or if the scores hold no logits or probabilities.
        """
        if self.temperature is None:
            raise CalibratorError("this temperature is not fitted; call fit(scores) first")
        choices = _choices(scores)
        logits = np.empty(choices.values.shape)
        for rows, logs in choices.log_probabilities():
            logits[rows] = logs / self.temperature
        return scores.recalibrated(logits, f"temperature(T={self.temperature:.4g})")

    def save(self, folder: str | Path) -> None:
        """Write the fitted temperature to ``calibrator.json`` in a folder."""
        if self.temperature is None:
            raise CalibratorError("this temperature is not fitted; there is nothing to save")
        storage.write(folder, self.name, {"temperature": self.temperature, "at_bound": self.at_bound})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises
        ------
        CalibratorError
            If the folder holds no temperature that this version can read.
        """
        learnt = storage.read(folder, cls.name)
        temperature = learnt.get("temperature")
        if not isinstance(temperature, float) or not 0.0 < temperature < math.inf:
            raise CalibratorError(f"{folder}: temperature is {temperature!r}; it must be a number above zero")
        calibrator = cls()
        calibrator.temperature, calibrator.at_bound = temperature, bool(learnt.get("at_bound"))
        return calibrator


def _choices(scores: Scores) -> Choices:
    if scores.choices is None:
        raise CalibratorError(
            f"temperature scaling needs logits or probabilities over the choices, but {scores!r} holds one "
            "confidence per item; make it with Scores.from_logits or Scores.from_probabilities"
        )
    return scores.choices


def _refuse_impossible(scores: Scores, choices: Choices) -> None:
    right = choices.values[np.arange(len(scores)), choices.labels]
    impossible = (right == -np.inf) if choices.are_logits else (right == 0.0)
    if impossible.any():
        index = int(impossible.argmax())
        item = f"item {scores.ids[index]!r}" if scores.ids else f"item {index}"
        raise CalibratorError(
            f"{item} gives its right choice probability zero, which no temperature mends; "
            "probabilities lose small values in rounding, logits (Scores.from_logits) do not"
        )


def _best_inverse_temperature(choices: Choices) -> tuple[float, bool]:
    """Return 1/T and whether it lies at an end of the range."""
    low, high = -math.log(HIGHEST), -math.log(LOWEST)
    if _slopes(choices, math.exp(low))[0] >= 0.0:
        return math.exp(low), True
    if _slopes(choices, math.exp(high))[0] <= 0.0:
        return math.exp(high), True
    log_inverse = 0.0
    for _ in range(_STEPS):
        inverse = math.exp(log_inverse)
        slope, curvature = _slopes(choices, inverse)
        low, high = (low, log_inverse) if slope > 0.0 else (log_inverse, high)
        step = log_inverse - slope / (inverse * curvature) if curvature > 0.0 else math.inf
        following = step if low < step < high else 0.5 * (low + high)
        if abs(following - log_inverse) < _PRECISION:
            break
        log_inverse = following
    return math.exp(following), False


def _slopes(choices: Choices, inverse: float) -> tuple[float, float]:
    """Return first and second derivative of the summed negative log-likelihood by 1/T."""
    slope = curvature = 0.0
    for rows, logs in choices.log_probabilities():
        distance = logs - logs.max(axis=1, keepdims=True)
        weights = np.exp(inverse * distance)
        weights /= weights.sum(axis=1, keepdims=True)
        # A choice that is not there has weight zero; minus infinity times zero would be NaN.
        distance[np.isneginf(distance)] = 0.0
        mean = np.einsum("ij,ij->i", weights, distance)
        right = np.take_along_axis(distance, choices.labels[rows, None], axis=1)[:, 0]
        slope += float((mean - right).sum())
        curvature += float((np.einsum("ij,ij,ij->i", weights, distance, distance) - mean * mean).sum())
    return slope, curvature
