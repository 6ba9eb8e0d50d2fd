"""Calibration errors of the probabilities of all choices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement, NoiseFloor
from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.metrics.calibration_error import combine_gaps
from pytest_llmcal.metrics.classwise import classwise_sums, equal_mass_classwise_sums
from pytest_llmcal.scores.choices import Choices
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.validation import checked_bins
from pytest_llmcal.statistics.clusters import INDEPENDENT, Effect, members_of
from pytest_llmcal.statistics.noise_floor import pooled_noise_floor
from pytest_llmcal.statistics.pooled_choices import pooled_l1_interval, pooled_l2_interval, pooled_mean_interval
from pytest_llmcal.statistics.squared_error import unbiased_estimate

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def classwise_ece(self: Scores, bins: int = 15, *, confidence: float | None = None) -> Measurement:
    """Measure the expected calibration error of each choice's probability, averaged over choices.

    Also known as static calibration error: (1 / k) times the sum over choices and uniform bins of
    abs(sum of probability - right) / n (Nixon et al. 2019; Kull et al. 2019). A choice that an
    item does not have counts as one of probability zero.

    Parameters
    ----------
    bins : int
        Number of uniform bins of each choice.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If the scores hold one confidence an item and no choices.
    """
    choices, sums, effect = _uniform(self, "classwise_ece", bins)
    return measured(
        self,
        "classwise_ece",
        combine_gaps(sums.gap, sums.count, sums.items, "l1"),
        lambda level: pooled_l1_interval(sums, level, effect),
        confidence,
        f"plug-in over {bins} uniform bins of each of {choices} choices; pooled over choices, "
        "upper end: score interval of the squared error, lower end: sign witness",
        effect=effect,
        noise_floor=NoiseFloor(*pooled_noise_floor(sums)),
    )


def marginal_ece(self: Scores, bins: int = 15, *, debias: bool = False, confidence: float | None = None) -> Measurement:
    """Measure the marginal calibration error: the root mean square gap over choices and uniform bins.

    Kumar, Liang, Ma (2019), all choices weighing the same.

    Parameters
    ----------
    bins : int
        Number of uniform bins of each choice.
    debias : bool
        Take off what chance adds: the root of the unbiased square where that is positive.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If the scores hold one confidence an item and no choices, or ``debias`` is asked for where no bin
        holds two items.
    """
    choices, sums, effect = _uniform(self, "marginal_ece", bins)
    estimate = combine_gaps(sums.gap, sums.count, sums.items, "l2")
    if debias and not (sums.count > 1).any():
        raise ScoresError("a debiased error needs a bin of two items, and each has one only; ask for fewer bins")
    return measured(
        self,
        "marginal_ece",
        math.sqrt(max(unbiased_estimate(sums), 0.0)) if debias else estimate,
        lambda level: pooled_l2_interval(sums, level, effect),
        confidence,
        f"{'debiased' if debias else 'plug-in'} over {bins} uniform bins of each of {choices} choices; "
        "pooled over choices, score interval of the squared error",
        effect=effect,
        noise_floor=None if debias else NoiseFloor(*pooled_noise_floor(sums, "l2")),
    )


def ace(self: Scores, bins: int = 15, *, confidence: float | None = None) -> Measurement:
    """Measure the adaptive calibration error: the mean absolute gap over choices and bins of equal mass.

    Nixon, Dusenberry, Zhang, Jerfel, Tran (2019). Every bin of every choice weighs the same. Equal
    probabilities share a bin, so a choice may have fewer bins than asked for.

    Parameters
    ----------
    bins : int
        Most bins of each choice.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If the scores hold one confidence an item and no choices.
    """
    choices = _choices(self, "ace")
    k = choices.values.shape[1]
    sums = equal_mass_classwise_sums(choices.columns(), choices.labels, k, checked_bins(bins))
    effect = _effect(self, choices)
    floor = np.sqrt(2.0 * sums.claimed_variance / math.pi) / sums.count
    return measured(
        self,
        "ace",
        float(np.abs(sums.gap / sums.count).mean()),
        lambda level: pooled_mean_interval(sums, level, effect),
        confidence,
        f"mean over {len(sums.count)} bins of equal mass of {k} choices; pooled over choices, "
        "upper end: score interval of the squared error, lower end: sign witness",
        effect=effect,
        noise_floor=NoiseFloor(
            float(floor.mean()),
            float(floor.mean() + 1.645 * math.sqrt((math.pi - 2.0) * float((floor**2).sum())) / len(floor)),
        ),
    )


def _choices(scores: Scores, name: str) -> Choices:
    if scores.choices is None:
        raise ScoresError(
            f"{name} is about the probabilities of all choices, and these scores hold one confidence an item; "
            "make them with Scores.from_probabilities or Scores.from_logits"
        )
    return scores.choices


def _uniform(scores: Scores, name: str, bins: int) -> tuple[int, BinSums, Effect]:
    choices = _choices(scores, name)
    k = choices.values.shape[1]
    sums = classwise_sums(choices.probabilities(), choices.labels, k, checked_bins(bins))
    return k, sums, _effect(scores, choices)


def _effect(scores: Scores, choices: Choices) -> Effect:
    """Return the design effect on the gaps of all choices together."""
    members = members_of(scores.clusters)
    if members is None:
        return INDEPENDENT
    count = int(members.max()) + 1
    together, apart = np.zeros((count, choices.values.shape[1])), 0.0
    for rows, probabilities in choices.probabilities():
        gap = probabilities.astype(np.float64)
        gap[np.arange(len(gap)), choices.labels[rows]] -= 1.0
        np.add.at(together, members[rows], gap)
        apart += float((gap**2).sum())
    if apart == 0.0:
        return Effect(len(scores) / count, count)
    return Effect(max(1.0, float((together**2).sum()) / apart), count)
