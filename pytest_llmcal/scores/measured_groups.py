"""What is measured of each group of items by itself, before all are judged together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmcal.measurement import Measurement, Part, range_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.overconfidence import confidence_minus_accuracy
from pytest_llmcal.scores.validation import checked_min_items
from pytest_llmcal.statistics.interval import Interval

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


NO_VALUE = "no value"
"""What items are called that have an empty value of an attribute; they are a group too."""


class MeasuredGroup(NamedTuple):
    """A group and what was measured of it; None where its items do not allow that."""

    name: str
    n: int
    measurement: Measurement | None
    possible: tuple[float, float]

    @property
    def said(self) -> str:
        """Its name in a sentence; items that have no value of an attribute are a group too."""
        return self.name or NO_VALUE

    @property
    def estimate(self) -> float:
        """What was measured."""
        return self.value if self.measurement is None else float(self.measurement)

    @property
    def value(self) -> float:
        """Best guess; where nothing is known, the middle of what may be."""
        if self.measurement is not None:
            guess = self.measurement.debiased
            return float(self.measurement) if guess is None else guess
        least, greatest = self.possible
        return 0.5 * (least + greatest) if math.isfinite(greatest) else least

    def interval(self, level: float) -> Interval:
        """Return its own interval, all that may be where nothing is known."""
        if self.measurement is None:
            return Interval(*self.possible)
        at = self.measurement.interval_at
        assert at is not None  # every measurement of scores knows
        return Interval(*at(level))

    def part(self, level: float) -> Part:
        """Return it in plain values."""
        return Part(self.said, self.n, self.value, *self.interval(level))

    def evidence(self, level: float, lowest_is_worst: bool) -> tuple[bool, float, float]:
        """Order groups by how clearly they are bad, then by how bad they look; those of which nothing is known last."""
        low, high = self.interval(level)
        known = self.measurement is not None
        return (known, -high, -self.value) if lowest_is_worst else (known, low, self.value)


class MeasuredGroups(NamedTuple):
    """What is measured, the groups that are looked at, and those that are not."""

    metric: str
    groups: list[MeasuredGroup]
    small: list[str]
    least: int

    @property
    def values(self) -> list[float]:
        """Best guess of each group."""
        return [group.value for group in self.groups]

    def intervals(self, level: float) -> list[Interval]:
        """Return the interval of each group at a level."""
        return [group.interval(level) for group in self.groups]

    def exact(self) -> list[float] | None:
        """Return the true values where all are known (the embedded world)."""
        known = [group.measurement.exact for group in self.groups if group.measurement is not None]
        exact = [value for value in known if value is not None]
        return exact if len(exact) == len(self.groups) else None

    @property
    def left_out(self) -> str:
        """What the method says of groups that are not looked at."""
        if not self.small:
            return ""
        return f"; left out, with fewer than {self.least} items: {', '.join(name or NO_VALUE for name in self.small)}"


def measured_groups(
    groups: Mapping[str, Scores], metric: str, min_items: int, confidence: float | None, asked: Mapping[str, Any]
) -> MeasuredGroups:
    """Measure each group that has enough items; of one that does not allow the metric nothing is known.

    Raises
    ------
    ScoresError
        If there is no such measurement, or no group has so many items or allows it.
    """
    measure, least = metric_of_scores(metric, asked), checked_min_items(min_items)
    looked_at = {name: part for name, part in groups.items() if len(part) >= least}
    if not looked_at:
        raise ScoresError(f"no group has {least} items, the largest has {max(map(len, groups.values()))}")
    tried = {name: _tried(measure, part, confidence=confidence, **asked) for name, part in looked_at.items()}
    known = {name: found for name, found in tried.items() if isinstance(found, Measurement)}
    if not known:
        raise next(refusal for refusal in tried.values() if isinstance(refusal, ScoresError))
    # What was measured may be called otherwise than the method, as ece(norm="l2") is.
    called = next(iter(known.values())).name
    found = [MeasuredGroup(name, len(part), known.get(name), range_of(called)) for name, part in looked_at.items()]
    return MeasuredGroups(called, found, [name for name in groups if name not in looked_at], least)


def metric_of_scores(name: str, asked: Mapping[str, Any]) -> Callable[..., Measurement]:
    """Return the function that measures, of scores, and takes what is asked.

    Raises
    ------
    ScoresError
        If there is no such measurement, or it takes other arguments.
    """
    from pytest_llmcal.scores.scores import Scores

    metric = getattr(Scores, name, None) if not name.startswith("_") else None
    if name == confidence_minus_accuracy.__name__:
        metric = confidence_minus_accuracy
    if not callable(metric) or getattr(metric, "__annotations__", {}).get("return") != "Measurement":
        raise ScoresError(
            f"no measurement of groups is called {name!r}; allowed are those of Scores, such as 'ece', 'accuracy' and "
            "'brier', and 'confidence_minus_accuracy'"
        )
    try:
        signature(metric).bind(None, **asked)
    except TypeError as error:
        raise ScoresError(f"{name} cannot be measured of groups as asked: {error}") from None
    return metric  # type: ignore[no-any-return]  # its annotation says so


def _tried(measure: Callable[..., Measurement], scores: Scores, **asked: Any) -> Measurement | ScoresError:
    """Measure a group; of one whose items are too few for that metric nothing is known."""
    try:
        return measure(scores, **asked)
    except ScoresError as refusal:
        return refusal
