"""What annealing searches over: maps of the scores, each as a list of numbers.

Each map is fast on the items that it is fitted to, and knows how to be applied to others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators.best_temperature import HIGHEST, LOWEST
from pytest_llmcal.calibrators.confidence_maps import Right
from pytest_llmcal.metrics.binning import FloatArray, IndexArray
from pytest_llmcal.metrics.bins import make_bins
from pytest_llmcal.metrics.isotonic import rising
from pytest_llmcal.metrics.proper_scores import (
    answer_losses,
    binary_brier_losses,
    binary_nll_losses,
    brier_losses,
    graded_brier_losses,
    graded_nll_losses,
)

Values = npt.NDArray[np.float64]
Box = list[tuple[float, float]]
Parameters = Literal["temperature", "vector", "binning"]
PARAMETERS: tuple[Parameters, ...] = ("temperature", "vector", "binning")

# How far from the temperature optimum is searched: logarithms of temperatures and scales, and biases in nats.
_FARTHEST_TEMPERATURE = 3.0
_FARTHEST_SCALE = 1.5
_FARTHEST_BIAS = 3.0


class Outcome(Protocol):
    """What a map makes of the items: arrays of shape (n,)."""

    @property
    def confidence(self) -> Values:
        """Probability of the chosen answer."""

    @property
    def correct(self) -> Right:
        """Whether that answer is right, or how right it is."""

    @property
    def nll(self) -> Values:
        """Negative log-likelihood of what was right, in nats."""

    @property
    def brier(self) -> Values:
        """Brier loss."""


class ChoicesOutcome:
    """An outcome of logits, of shape (n, k), and right choices; each number is found when first asked for."""

    def __init__(self, logits: Values, labels: IndexArray) -> None:
        self._logits, self._labels, self._rows = logits, labels, np.arange(len(logits))
        self._top = logits.max(axis=1)
        self._odds = np.exp(logits - self._top[:, None])
        self._total = self._odds.sum(axis=1)
        self.confidence: Values = 1.0 / self._total

    @cached_property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether the most probable choice, the first among equals, is right."""
        return np.asarray(self._logits.argmax(axis=1) == self._labels)

    @cached_property
    def nll(self) -> Values:
        """Negative log-likelihood of the right choice."""
        return np.asarray(self._top + np.log(self._total) - self._logits[self._rows, self._labels])

    @cached_property
    def brier(self) -> Values:
        """Brier loss, the sum over all choices."""
        losses = brier_losses(self._odds / self._total[:, None])
        return np.asarray(losses[self._rows, self._labels])


@dataclass(frozen=True, eq=False)
class ConfidenceOutcome:
    """An outcome of one confidence an item."""

    confidence: Values
    correct: Right

    @property
    def nll(self) -> Values:
        """Negative log-likelihood of correctness."""
        return answer_losses(self.confidence, self.correct, binary_nll_losses, graded_nll_losses)

    @property
    def brier(self) -> Values:
        """Squared difference of confidence and correctness."""
        return answer_losses(self.confidence, self.correct, binary_brier_losses, graded_brier_losses)


class Space(Protocol):
    """A map with numbers to be found, on the items that it is fitted to.

    Attributes
    ----------
    start : array of shape (d,)
        Numbers to begin with.
    box : list of d pairs
        Least and greatest value of each.
    edges : array
        Edges between the steps of a step function; empty for other maps.
    """

    start: Values
    box: Box
    edges: Values

    def outcome(self, found: Values | None) -> Outcome:
        """Return what the map makes of the items; None for what it begins with."""


class Logits:
    """A temperature, or a scale and a bias for each choice, beginning at a temperature.

    Parameters
    ----------
    logs : array of shape (n, k)
        Log-probabilities.
    labels : array of shape (n,)
        Right choices.
    parameters : {"temperature", "vector"}
        Which map.
    temperature : float
        Where the search begins.

    Examples
    --------
    >>> space = Logits(np.log([[0.8, 0.2]]), np.array([0]), "vector", 2.0)
    >>> space.start.round(3).tolist(), space.outcome(None).confidence.round(3).tolist()
    ([-0.693, -0.693, 0.0], [0.667])
    """

    def __init__(self, logs: Values, labels: IndexArray, parameters: Parameters, temperature: float) -> None:
        self._logs, self._labels, self._parameters = logs, labels, parameters
        self.start, self.box = _around(parameters, math.log(temperature), logs.shape[1])
        self.edges = np.empty(0)

    def outcome(self, found: Values | None) -> Outcome:
        """Return what the map makes of the items."""
        numbers = self.start if found is None else found
        return ChoicesOutcome(mapped_logits(self._logs, self._parameters, numbers), self._labels)


class Steps:
    """A rising step function of the confidence, its steps of about equally many items.

    The search begins where the likelihood of steps is best, which is isotonic regression.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        Confidences, and what was right.
    steps : int
        Number of steps at most: equal confidences share one.

    Examples
    --------
    >>> space = Steps(np.array([0.2, 0.4, 0.6, 0.8]), np.array([False, True, True, True]), 2)
    >>> space.edges.tolist(), space.start.round(2).tolist()
    ([0.4], [0.5, 0.83])
    """

    def __init__(self, confidence: Values, correct: Right, steps: int) -> None:
        self._confidence, self._correct = confidence, correct
        self.edges = make_bins(confidence, correct, steps, "equal-mass").upper[:-1]
        self._step = np.searchsorted(self.edges, confidence, side="left")
        count = np.bincount(self._step).astype(np.float64)
        # As near to 0 and 1 as so many items can tell.
        least = 1.0 / (len(confidence) + 2.0)
        heights = rising(np.bincount(self._step, correct) / count, count)
        self.start, self.box = np.clip(heights, least, 1.0 - least), [(least, 1.0 - least)] * len(count)

    def outcome(self, found: Values | None) -> Outcome:
        """Return what the steps make of the items; None for the confidences as they are."""
        confidence = self._confidence if found is None else np.sort(found)[self._step]
        return ConfidenceOutcome(confidence, self._correct)


def mapped_logits(logs: Values, parameters: Parameters, found: Values) -> Values:
    """Return logits: log-probabilities over a temperature, or times a scale and plus a bias a choice.

    Parameters
    ----------
    logs : array of shape (n, k)
        Minus infinity for a choice that is not there, which stays so.
    parameters : {"temperature", "vector"}
        Which map.
    found : array
        log T; or k logarithms of scales, and biases of all choices but the first, whose bias is zero.

    Examples
    --------
    >>> mapped_logits(np.array([[-1.0, -2.0]]), "vector", np.array([0.0, 0.0, 0.5])).tolist()
    [[-1.0, -1.5]]
    """
    if parameters == "temperature":
        return np.asarray(logs * math.exp(-found[0]))
    k = logs.shape[1]
    return np.asarray(logs * np.exp(found[:k]) + np.append(0.0, found[k:]))


def step_heights(confidence: FloatArray, edges: Values, found: Values) -> Values:
    """Return the height of each confidence's step; heights are put in rising order first.

    Examples
    --------
    >>> step_heights(np.array([0.3, 0.9]), np.array([0.5]), np.array([0.8, 0.4])).tolist()
    [0.4, 0.8]
    """
    return np.asarray(np.sort(found)[np.searchsorted(edges, confidence, side="left")])


def _around(parameters: Parameters, log: float, choices: int) -> tuple[Values, Box]:
    if parameters == "temperature":
        low, high = log - _FARTHEST_TEMPERATURE, log + _FARTHEST_TEMPERATURE
        return np.array([log]), [(max(low, math.log(LOWEST)), min(high, math.log(HIGHEST)))]
    scales: Box = [(-log - _FARTHEST_SCALE, -log + _FARTHEST_SCALE)] * choices
    biases: Box = [(-_FARTHEST_BIAS, _FARTHEST_BIAS)] * (choices - 1)
    return np.append(np.full(choices, -log), np.zeros(choices - 1)), scales + biases
