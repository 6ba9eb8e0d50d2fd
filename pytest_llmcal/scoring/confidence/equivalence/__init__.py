"""When two answers say the same: relations by name, and the classes they part samples into."""

from pytest_llmcal.scoring.confidence.equivalence.partition import partitions
from pytest_llmcal.scoring.confidence.equivalence.registry import AnyEquivalence, equivalence
from pytest_llmcal.scoring.confidence.equivalence.relation import Equivalence, Pair

__all__ = ["AnyEquivalence", "Equivalence", "Pair", "equivalence", "partitions"]
