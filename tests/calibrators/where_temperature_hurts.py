"""Models that one temperature does not mend, or makes worse; and one that nothing is wrong with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal import Scores


def of_two_choices(true_accuracy: npt.NDArray[np.float64], confidence: npt.NDArray[np.float64], seed: int) -> Scores:
    wrong = np.random.default_rng([9, seed]).random(len(confidence)) >= true_accuracy
    logits = np.column_stack([np.log(confidence / (1.0 - confidence)), np.zeros(len(confidence))])
    return Scores.from_logits(logits, wrong.astype(int))


def crossing(n: int = 4000, seed: int = 0) -> Scores:
    """Too sure where it is sure, not sure enough where it is not: right seven times in ten or a little more."""
    confidence = np.random.default_rng([1, seed]).uniform(0.5, 0.99, n)
    return of_two_choices(0.75 + 0.1 * (confidence - 0.75), confidence, seed)


def ceiling(n: int = 4000, seed: int = 0) -> Scores:
    """Calibrated up to 0.8, and no more often right than that above."""
    confidence = np.random.default_rng([2, seed]).uniform(0.5, 0.995, n)
    return of_two_choices(np.minimum(confidence, 0.8), confidence, seed)


def choices(n: int, seed: int, spread: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    generator = np.random.default_rng([3, seed])
    logits = generator.normal(0.0, spread, (n, 4))
    return logits, (logits + generator.gumbel(size=(n, 4))).argmax(axis=1)


def calibrated(n: int = 4000, seed: int = 0) -> Scores:
    """Nothing is wrong with it."""
    return Scores.from_logits(*choices(n, seed, 2.0))


def position(n: int = 4000, seed: int = 0) -> Scores:
    """It favours the first choice and shuns the last one."""
    logits, labels = choices(n, seed, 1.5)
    return Scores.from_logits(logits + np.array([2.0, 0.0, 0.0, -1.0]), labels)


def sure_of_a_few_wrong_keys(n: int = 4000, seed: int = 0) -> Scores:
    """Calibrated, but for three items in a hundred with a wrong key, where it is very sure of another choice."""
    logits, labels = choices(n, seed, 2.0)
    bad = np.random.default_rng([4, seed]).random(n) < 0.03
    logits[bad] *= 8.0
    labels[bad] = logits[bad].argmin(axis=1)
    return Scores.from_logits(logits, labels)
