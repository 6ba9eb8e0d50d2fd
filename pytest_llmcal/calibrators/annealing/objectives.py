"""The built-in metrics that annealing minimises, on arrays alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pytest_llmcal.calibrators.annealing.maps import Outcome
from pytest_llmcal.metrics.abstention_cost import abstention_cost
from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.bins import make_bins
from pytest_llmcal.metrics.debiased import debiased_gaps, debiased_l1

# What was right counts as at least this probable, so that one impossible answer does not decide all.
LEAST_PROBABILITY = 1e-6
_FEWEST_OF_BIN = 10

Objective = Callable[[Outcome], float]


def debiased_ece(outcome: Outcome) -> float:
    """Return ``scores.ece(debias=True)``; 1, the worst there is, where no bin holds two items."""
    sums = _sums(outcome)
    return debiased_l1(sums) if (sums.count > 1).any() else 1.0


def debiased_mce(outcome: Outcome) -> float:
    """Return the largest debiased gap of the bins with ten items or more; 1 where there is none such.

    Of bins with fewer the largest gap is that of the fewest items, whatever the map.
    """
    sums = _sums(outcome)
    enough = sums.count >= _FEWEST_OF_BIN
    if not enough.any():
        return 1.0
    return max(0.0, float(debiased_gaps(BinSums(*(column[enough] for column in vars(sums).values()))).max()))


def brier(outcome: Outcome) -> float:
    """Return ``scores.brier()``."""
    return float(outcome.brier.mean())


def nll(outcome: Outcome) -> float:
    """Return ``scores.nll(clip=1e-6)``."""
    return float(np.minimum(outcome.nll, -np.log(LEAST_PROBABILITY)).mean())


def cost(abstention: float) -> Objective:
    """Return the function that gives the mean cost of wrong answers and of those held back."""
    return lambda outcome: abstention_cost(outcome.confidence, outcome.correct, abstention)


BY_NAME: Mapping[str, Objective] = {"ece": debiased_ece, "mce": debiased_mce, "brier": brier, "nll": nll}
NAMES = (*BY_NAME, "cost")


def _sums(outcome: Outcome) -> BinSums:
    bins = make_bins(outcome.confidence, outcome.correct)
    return bin_sums(outcome.confidence, outcome.correct, bins)
