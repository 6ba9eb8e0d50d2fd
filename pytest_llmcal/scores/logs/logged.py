"""What is read of a log, before it becomes scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_llmcal.measurement import About
from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores.errors import ScoresError


@dataclass(frozen=True)
class Weighed:
    """Choices of which each item's log gives all weights.

    Attributes
    ----------
    logits : list of list of float
        One row an item; items may have different numbers of choices.
    labels : list of int
        Index of each item's right choice.
    """

    logits: list[list[float]]
    labels: list[int]

    def padded(self) -> FloatArray:
        """Return the logits as one matrix, -inf where an item has fewer choices than others."""
        matrix = np.full((len(self.logits), max(map(len, self.logits))), -np.inf)
        for row, values in zip(matrix, self.logits, strict=True):
            row[: len(values)] = values
        return matrix


@dataclass(frozen=True)
class Judged:
    """Answers of which a log gives the confidence and how right they are, both from 0 to 1."""

    confidence: list[float]
    correct: list[float]


@dataclass(frozen=True)
class Logged:
    """A log's items.

    Attributes
    ----------
    answers : Weighed or Judged
        What was answered.
    ids : list of str
        Name of each item.
    groups : dict of str to list of str
        The groups of every item, by attribute.
    clusters : list of str or None
        What items share.
    about : About
        Whose answers, to what.
    """

    answers: Weighed | Judged
    ids: list[str]
    groups: dict[str, list[str]]
    clusters: list[str] | None
    about: About


def fingerprint(asked: Iterable[object]) -> str:
    """Return a hash of all that was asked, as 16 hexadecimal digits.

    >>> fingerprint(["Why?"]) == fingerprint(["Why?"]), fingerprint(["Why?"]) == fingerprint(["Who?"])
    (True, False)
    """
    digest = hashlib.sha256()
    for item in asked:
        digest.update(json.dumps(item, sort_keys=True, ensure_ascii=False).encode("utf-8", "backslashreplace"))
        digest.update(b"\n")
    return digest.hexdigest()[:16]


def named_groups(
    names: Sequence[str], items: Sequence[tuple[str, Mapping[str, Any]]], where: str
) -> dict[str, list[str]]:
    """Take groups out of what a log says about each item.

    Parameters
    ----------
    names : sequence of str
        Which.
    items : sequence of (str, mapping)
        Place and columns of each item.
    where : str
        What the columns are called in an error.
    """
    for place, columns in items:
        for name in names:
            if name not in columns:
                there = ", ".join(map(repr, columns)) or "none"
                raise ScoresError(f"{place}: {where} has no {name!r} to group by; there are {there}")
    return {name: [str(columns[name]) for _, columns in items] for name in names}


def proportion(value: object, place: str, what: str) -> float:
    """Return a logged number that has to lie between 0 and 1; booleans are 0 and 1."""
    if not isinstance(value, int | float) or not 0.0 <= value <= 1.0:  # also true for NaN
        raise ScoresError(f"{place}: {what} is {value!r}; it must be a number from 0 to 1")
    return float(value)
