"""How right a written answer is: functions of a text and its item, by name."""

from pytest_llmcal.tasks.correctness.registry import Correctness, correctness, names

__all__ = ["Correctness", "correctness", "names"]
