"""How right a written answer is: functions of a text and its item, by name."""

from pytest_llmcal.tasks.correctness.registry import (
    ENTAILMENT,
    JUDGED,
    Correctness,
    Judge,
    correctness,
    judge_of,
    names,
    split_threshold,
)

__all__ = ["ENTAILMENT", "JUDGED", "Correctness", "Judge", "correctness", "judge_of", "names", "split_threshold"]
