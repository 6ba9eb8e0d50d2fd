"""What other harnesses wrote down, read as scores: one package a format."""

from pytest_llmcal.scores.logs.kinds import kind_of
from pytest_llmcal.scores.logs.logged import Judged, Logged, Weighed

__all__ = ["Judged", "Logged", "Weighed", "kind_of"]
