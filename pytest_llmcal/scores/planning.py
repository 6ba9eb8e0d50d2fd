"""How many items to score before a gate on the calibration error can decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.validation import checked_bins, checked_confidence, checked_level
from pytest_llmcal.statistics.calibration_error_interval import l1_interval
from pytest_llmcal.statistics.planning import (
    MOST_ITEMS,
    SEED,
    Cells,
    Chances,
    cells_of,
    chances,
    least_items,
    overconfident,
)

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

# Confidences that a profile is drawn as; cells of a bin hold hundreds of them.
_DRAWN = 100_000
_PROFILES: Mapping[str, Callable[[np.random.Generator], FloatArray]] = {
    "peaked": lambda generator: generator.beta(5.0, 1.5, _DRAWN),
    "spread": lambda generator: generator.uniform(0.35, 0.97, _DRAWN),
    "sure": lambda generator: 1.0 - 0.1 * generator.beta(1.0, 2.0, _DRAWN),
    "levels": lambda _: np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
}
PROFILES = tuple(_PROFILES)
"""Profiles of confidence known by name: most near 0.8 as of a good model with few choices, spread out from
0.35 to 0.97, nearly all above 0.9, and six verbalised levels from 0.5 to 1."""


@dataclass(frozen=True)
class Plan:
    """How many items a gate needs.

    Attributes
    ----------
    items : int or None
        The least number, to two digits, with which the verdict comes out right often
        enough; None if ten million are too few.
    verdict : {"holds", "refuted"}
        The right verdict: "holds" if the true error is below the limit.
    limit, true_error, confidence, power : float
        What was asked.
    table : tuple of (int, Chances)
        The chance of each verdict at some numbers of items.
    """

    items: int | None
    verdict: Literal["holds", "refuted"]
    limit: float
    true_error: float
    confidence: float
    power: float
    table: tuple[tuple[int, Chances], ...]

    def explain(self) -> str:
        """Return the plan as one plain sentence."""
        claim = f'"ECE is at most {self.limit:g}" {"holds" if self.verdict == "holds" else "is refuted"}'
        asked = f"in {100 * self.power:g} of 100 runs at {100 * self.confidence:g}% confidence"
        truth = f"if the true error is {self.true_error:g}"
        if self.items is None:
            return f"Even {MOST_ITEMS:,} items are too few for {claim} {asked}, {truth}."
        return f"With about {self.items:,} items {claim} {asked}, {truth}."


def plan(
    limit: float,
    true_error: float | None = None,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
    pilot: Scores | None = None,
    profile: str | npt.ArrayLike = "peaked",
    bins: int = 15,
) -> Plan:
    """Return how many items ``scores.ece().below(limit)`` needs to come out right.

    Samples are drawn from a model that is overconfident by the same amount everywhere,
    and judged by the interval that the gate uses; one seed, so the same question has the
    same answer.

    Parameters
    ----------
    limit : float
        The gate's limit, between 0 and 1.
    true_error : float, optional
        The calibration error that the model is supposed to have. Below the limit the claim
        is to hold, above it to be refuted. By default the best guess from the pilot.
    confidence : float
        Two-sided level of the interval.
    power : float
        How often the verdict shall come out right, between 0 and 1.
    pilot : Scores, optional
        Some answers of the model, which say where its confidences lie.
    profile : {"peaked", "spread", "sure", "levels"} or array_like
        Where the confidences lie, without a pilot: a name, or typical confidences.
    bins : int
        As for ``Scores.ece``.

    Raises
    ------
    ScoresError
        If a number is out of range, the profile is not known, or the true error is the limit
        itself or not possible with these confidences.

    Examples
    --------
    >>> plan(0.05, 0.15).verdict
    'refuted'
    """
    limit, confidence, power = _fraction("limit", limit), checked_level(confidence), _fraction("power", power)
    cells = cells_of(_confidences(pilot, profile), checked_bins(bins))
    error = _true_error(true_error, pilot, bins)
    if error == limit:
        raise ScoresError(f"the true error is the limit itself, {limit:g}: no number of items decides that")
    verdict: Literal["holds", "refuted"] = "holds" if error < limit else "refuted"
    accuracy = _accuracy(cells, error)

    def chances_at(n: int) -> Chances:
        return chances(cells, accuracy, n, limit, confidence, l1_interval)

    items = least_items(lambda n: getattr(chances_at(n), verdict), power)
    items = None if items is None else _two_digits(items)
    table = tuple((n, chances_at(n)) for n in _around(items))
    return Plan(items, verdict, limit, error, confidence, power, table)


def _fraction(name: str, value: float) -> float:
    if not 0.0 < value < 1.0:
        raise ScoresError(f"{name} must lie between 0 and 1, got {value!r}")
    return float(value)


def _confidences(pilot: Scores | None, profile: str | npt.ArrayLike) -> FloatArray:
    if pilot is not None:
        return pilot.confidence
    if not isinstance(profile, str):
        return checked_confidence(profile)
    if profile not in _PROFILES:
        raise ScoresError(f"no profile of confidence is called {profile!r}; known are {', '.join(PROFILES)}")
    return _PROFILES[profile](np.random.default_rng(SEED))


def _true_error(given: float | None, pilot: Scores | None, bins: int) -> float:
    if given is not None:
        if not 0.0 <= given <= 1.0:
            raise ScoresError(f"true_error must lie between 0 and 1, got {given!r}")
        return float(given)
    if pilot is None:
        raise ScoresError("a plan needs a true_error, or a pilot to guess it from")
    guess = pilot.ece(bins).debiased
    return round(guess or 0.0, 4)


def _accuracy(cells: Cells, error: float) -> npt.NDArray[np.float64]:
    try:
        return overconfident(cells, error)
    except ValueError as reason:
        raise ScoresError(str(reason)) from None


def _two_digits(items: int) -> int:
    """Round up to two digits: more would be noise of the draws."""
    step: int = 10 ** max(0, len(str(items)) - 2)
    return -(-items // step) * step


def _around(items: int | None) -> tuple[int, ...]:
    return (100, 1000, 10_000, 100_000) if items is None else tuple(max(1, items * k // 4) for k in (1, 2, 4, 8))
