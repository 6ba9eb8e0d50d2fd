"""Confidence methods by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_llmcal.scoring.confidence.method import ConfidenceMethod
from pytest_llmcal.scoring.confidence.sequence import SequenceProbability
from pytest_llmcal.scoring.protocol import ModelError

_KNOWN: dict[str, Callable[..., ConfidenceMethod]] = {"sequence_probability": SequenceProbability}


def names() -> tuple[str, ...]:
    """Return the names of the methods, sorted."""
    return tuple(sorted(_KNOWN))


def create(name: str, **options: Any) -> ConfidenceMethod:
    """Make a confidence method by its name.

    Raises
    ------
    ModelError
        There is none of this name; those that there are are named.
    """
    if name not in _KNOWN:
        raise ModelError(f"unknown confidence {name!r}; allowed are {', '.join(names())}")
    return _KNOWN[name](**options)
