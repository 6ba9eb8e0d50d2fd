"""Maps from a confidence to a better one: what a calibrator of confidences learns, and all that it saves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators import storage

if TYPE_CHECKING:
    from typing_extensions import Self

Doubles = npt.NDArray[np.float64]
Right = npt.NDArray[np.bool_] | npt.NDArray[np.float64]
"""What was right, or how right it was, from 0 to 1."""


@dataclass(frozen=True, eq=False)
class ConfidenceMap(ABC):
    """A map of [0, 1] into itself, whose fields (numbers, booleans, arrays of numbers) are all that it knows."""

    @abstractmethod
    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes, shape (n,)."""

    @abstractmethod
    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return what reports say of it."""

    @property
    def is_at_bound(self) -> bool:
        """Whether the fit had no optimum at finite parameters."""
        return False

    def learnt(self) -> dict[str, storage.Value]:
        """Return its fields."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def restored(cls, learnt: Mapping[str, storage.Value]) -> Self:
        """Take back what ``learnt`` gave; raises KeyError or ValueError if that is no such thing."""
        return cls(**{field.name: _read(learnt, field.name, str(field.type)) for field in fields(cls)})


def _read(learnt: Mapping[str, storage.Value], name: str, kind: str) -> storage.Value:
    if kind == "float":
        return storage.number(learnt, name)
    return bool(learnt[name]) if kind == "bool" else storage.array(learnt, name)


@dataclass(frozen=True, eq=False)
class Steps(ConfidenceMap):
    """One value a bin.

    Attributes
    ----------
    upper : array of shape (bins,)
        Upper edges, rising. A bin holds what lies above the edge before it and up to its own; what
        lies above the last edge belongs to the last bin.
    value : array of shape (bins,)
        Probability of each bin.

    Examples
    --------
    >>> Steps(np.array([0.5, 1.0]), np.array([0.1, 0.7]))(np.array([0.0, 0.5, 0.6])).tolist()
    [0.1, 0.1, 0.7]
    """

    upper: Doubles
    value: Doubles

    def __post_init__(self) -> None:
        check_rising(self.upper, "upper")
        check_probabilities(self.value, "value", len(self.upper))

    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes."""
        return self.value[np.searchsorted(self.upper[:-1], confidence, side="left")]

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return how many bins there are."""
        return {"bins": len(self.value)}


@dataclass(frozen=True, eq=False)
class Polyline(ConfidenceMap):
    """Straight lines between knots, level before the first and after the last.

    Attributes
    ----------
    knots, value : arrays of shape (knots,)
        Confidences, rising, and the probability of each.

    Examples
    --------
    >>> Polyline(np.array([0.5, 1.0]), np.array([0.1, 0.7]))(np.array([0.0, 0.75])).tolist()
    [0.1, 0.4]
    """

    knots: Doubles
    value: Doubles

    def __post_init__(self) -> None:
        check_rising(self.knots, "knots")
        check_probabilities(self.value, "value", len(self.knots))

    def __call__(self, confidence: Doubles) -> Doubles:
        """Return what each confidence becomes."""
        return np.interp(confidence, self.knots, self.value)

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return how many values it takes at its knots."""
        return {"blocks": len(np.unique(self.value))}


def check_rising(values: Doubles, name: str) -> None:
    """Refuse numbers that do not rise one by one."""
    if len(values) == 0 or (np.diff(values) <= 0.0).any():
        raise ValueError(f"{name} must be at least one number, and rise from each to the next")


def check_probabilities(values: Doubles, name: str, length: int) -> None:
    """Refuse all but so many probabilities."""
    if len(values) != length:
        raise ValueError(f"{name} holds {len(values)} numbers; it must be {length}")
    outside = ~((values >= 0.0) & (values <= 1.0))
    if outside.any():
        raise ValueError(f"{name} holds {values[outside][0]!r}; its numbers must be from 0 to 1")
