"""Confidence that the model puts into words, and how it is read."""

from pytest_llmcal.scoring.confidence.verbalised.asking import Verbalised, VerbalisedTwoSteps
from pytest_llmcal.scoring.confidence.verbalised.reading import read_confidence

__all__ = ["Verbalised", "VerbalisedTwoSteps", "read_confidence"]
