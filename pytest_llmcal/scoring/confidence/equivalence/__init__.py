"""When two answers say the same: relations by name, and the classes they part samples into."""

from pytest_llmcal.scoring.confidence.equivalence.partition import partitions
from pytest_llmcal.scoring.confidence.equivalence.registry import FREE, AnyEquivalence, equivalence
from pytest_llmcal.scoring.confidence.equivalence.relation import Equivalence, Pair

__all__ = ["FREE", "AnyEquivalence", "Equivalence", "Pair", "equivalence", "partitions"]
