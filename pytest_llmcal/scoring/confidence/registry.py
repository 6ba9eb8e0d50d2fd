"""Confidence methods by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_llmcal.scoring.confidence.method import ConfidenceMethod
from pytest_llmcal.scoring.confidence.self_consistency import SelfConsistency
from pytest_llmcal.scoring.confidence.semantic_entropy import DiscreteSemanticEntropy, SemanticEntropy
from pytest_llmcal.scoring.confidence.sequence import SequenceProbability
from pytest_llmcal.scoring.confidence.verbalised import Verbalised, VerbalisedTwoSteps
from pytest_llmcal.scoring.protocol import ModelError

_KNOWN: dict[str, Callable[..., ConfidenceMethod]] = {
    "discrete_semantic_entropy": DiscreteSemanticEntropy,
    "self_consistency": SelfConsistency,
    "semantic_entropy": SemanticEntropy,
    "sequence_probability": SequenceProbability,
    "verbalised": Verbalised,
    "verbalised_two_steps": VerbalisedTwoSteps,
}


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
