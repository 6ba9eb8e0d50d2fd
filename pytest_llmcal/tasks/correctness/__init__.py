"""How right a written answer is: functions of a text and its item, by name."""

from pytest_llmcal.tasks.correctness.registry import Correctness, Judge, correctness, judge_of, names

__all__ = ["Correctness", "Judge", "correctness", "judge_of", "names"]
