"""How sure a model is of what it writes: methods by name."""

from pytest_llmcal.scoring.confidence.method import Asker, ConfidenceMethod, ConfidentAnswer
from pytest_llmcal.scoring.confidence.registry import create, names

__all__ = ["Asker", "ConfidenceMethod", "ConfidentAnswer", "create", "names"]
