"""How sure a model is of its answers: methods by name."""

from pytest_llmcal.scoring.confidence.method import (
    AnyMethod,
    Asker,
    ChoiceConfidence,
    ConfidenceMethod,
    ConfidentAnswer,
    Cost,
)
from pytest_llmcal.scoring.confidence.naming import identity
from pytest_llmcal.scoring.confidence.registry import create, kind_of, label, method_for, names, told

__all__ = [
    "AnyMethod",
    "Asker",
    "ChoiceConfidence",
    "ConfidenceMethod",
    "ConfidentAnswer",
    "Cost",
    "create",
    "identity",
    "kind_of",
    "label",
    "method_for",
    "names",
    "told",
]
