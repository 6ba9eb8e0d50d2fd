"""Correctness functions by name."""

from __future__ import annotations

from collections.abc import Callable

from pytest_llmcal.tasks.correctness.exact import exact_match
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import OpenItem

Correctness = Callable[[str, OpenItem], float]
"""From an answer and its item to how right it is, from 0 to 1."""

_KNOWN: dict[str, Correctness] = {"exact_match": exact_match}


def names() -> tuple[str, ...]:
    """Return the names of the correctness functions, sorted."""
    return tuple(sorted(_KNOWN))


def correctness(name: str) -> Correctness:
    """Return a correctness function by its name.

    Raises
    ------
    TaskError
        There is none of this name; those that there are are named.
    """
    if name not in _KNOWN:
        raise TaskError(f"unknown correctness {name!r}; allowed are {', '.join(names())}")
    return _KNOWN[name]
