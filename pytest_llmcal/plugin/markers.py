"""What the markers of a test say, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from os import PathLike, fspath
from typing import Any

import pytest

MARKERS = (
    "llmcal(task=None, limit=None, calibrator=None, confidence=None): the test is a calibration gate on this task, on "
    "at most so many items of a split; calibrated_scores come of the calibrator of this name, and confidence is what "
    "this method says",
    "llmcal_models(*globs): gate only models whose name matches one of the patterns",
    "llmcal_gpu(memory_gib=None): the gate needs a CUDA device with at least this much memory",
)


_KEYWORDS = ("task", "limit", "calibrator", "confidence")


class MarkerError(ValueError):
    """A marker says something that is not allowed; the text says which and what is."""


@dataclass(frozen=True)
class GateMark:
    """What the ``llmcal`` markers of a test say; the closest marker wins, key by key."""

    task: str | None = None
    limit: int | None = None
    calibrator: str | None = None
    confidence: str | None = None


def gate_mark(node: pytest.Item) -> GateMark:
    """Read the ``llmcal`` markers of a test.

    Raises
    ------
    MarkerError
        If a marker has an unknown keyword or a value that is not allowed.
    """
    said: dict[str, Any] = {}
    for mark in node.iter_markers("llmcal"):
        if mark.args:
            raise MarkerError(f"the marker llmcal takes keywords alone, {', '.join(_KEYWORDS)}; got {mark.args!r}")
        for keyword, value in _known(mark, _KEYWORDS).items():
            said.setdefault(keyword, value)
    return GateMark(
        _task(said.get("task")),
        _limit(said.get("limit")),
        _name("calibrator", "a calibrator's name", said.get("calibrator")),
        _name("confidence", "a confidence method's name", said.get("confidence")),
    )


def wanted_models(node: pytest.Item, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that every ``llmcal_models`` marker of a test lets through."""
    for mark in node.iter_markers("llmcal_models"):
        _known(mark, ())
        if not mark.args or not all(isinstance(glob, str) for glob in mark.args):
            raise MarkerError(f"the marker llmcal_models takes one or more patterns as texts, got {mark.args!r}")
        names = tuple(name for name in names if any(fnmatchcase(name, glob) for glob in mark.args))
    return names


def gpu_memory(node: pytest.Item) -> float | None:
    """Return the GPU memory that the ``llmcal_gpu`` marker of a test asks for, in GiB; None without a marker."""
    mark = node.get_closest_marker("llmcal_gpu")
    if mark is None:
        return None
    if mark.args:
        raise MarkerError(f"the marker llmcal_gpu takes the keyword memory_gib alone, got {mark.args!r}")
    memory = _known(mark, ("memory_gib",)).get("memory_gib")
    if memory is None:
        return 0.0
    if isinstance(memory, bool) or not isinstance(memory, (int, float)) or not memory > 0:
        raise MarkerError(f"the marker llmcal_gpu(memory_gib=...) takes a number above 0, got {memory!r}")
    return float(memory)


def _known(mark: pytest.Mark, known: tuple[str, ...]) -> Mapping[str, Any]:
    for keyword in mark.kwargs:
        if keyword not in known:
            allowed = f"known are {', '.join(known)}" if known else "it takes none"
            raise MarkerError(f"the marker {mark.name} has an unknown keyword {keyword!r}; {allowed}")
    return mark.kwargs


def _task(task: object) -> str | None:
    if task is None:
        return None
    if not isinstance(task, (str, PathLike)) or not fspath(task):
        raise MarkerError(f"the marker llmcal(task=...) takes a task's name or file, got {task!r}")
    return str(fspath(task))


def _limit(limit: object) -> int | None:
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise MarkerError(f"the marker llmcal(limit=...) takes a whole number of at least 1, got {limit!r}")
    return limit


def _name(keyword: str, what: str, name: object) -> str | None:
    if name is not None and not (isinstance(name, str) and name):
        raise MarkerError(f"the marker llmcal({keyword}=...) takes {what}, got {name!r}")
    return name
