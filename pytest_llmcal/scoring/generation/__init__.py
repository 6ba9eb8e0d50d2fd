"""Texts that a model writes, with the probability of every token."""

from pytest_llmcal.scoring.generation.generate import generate

__all__ = ["generate"]
