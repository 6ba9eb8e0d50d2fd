"""Proper losses of scores, item by item, with what they might have been."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics import proper_scores
from pytest_llmcal.metrics.binning import FloatArray, IndexArray, chunks

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ItemLosses:
    """One loss an item.

    Attributes
    ----------
    values : array of shape (n,)
        The losses.
    possible : (float, float)
        Mean over the items of the least and of the greatest loss that each might have
        had, had another of its choices been right.
    """

    values: Values
    possible: tuple[float, float]


def brier_of(scores: Scores) -> ItemLosses:
    """Return Brier losses, over the choices where there are choices."""
    if scores.is_graded:
        c = scores.confidence.astype(np.float64)
        values = proper_scores.graded_brier_losses(c, scores.correct)
        return ItemLosses(values, (0.0, float((np.maximum(c, 1.0 - c) ** 2).mean())))
    if scores.choices is None:
        return _picked(_of_answers(scores, proper_scores.binary_brier_losses))
    return _picked(_over_choices(scores, lambda logs: proper_scores.brier_losses(np.exp(logs))))


def nll_of(scores: Scores, clip: float | None = None) -> ItemLosses:
    """Return negative log-likelihoods, of the right choice where there are choices, probabilities at least ``clip``."""
    if scores.is_graded:
        return _graded_nll(scores, 0.0 if clip is None else clip)
    most = math.inf if clip is None else -math.log(clip)
    if scores.choices is None:
        return _picked(_of_answers(scores, lambda c: np.minimum(proper_scores.binary_nll_losses(c), most)))
    return _picked(_over_choices(scores, lambda logs: np.minimum(proper_scores.nll_losses(logs), most)))


def clipped_items(scores: Scores, clip: float) -> int:
    """Return of how many items what was right, wholly or partly, had a probability below ``clip``."""
    if not scores.is_graded:
        return int(np.sum(nll_of(scores).values > -math.log(clip)))
    c, y = scores.confidence.astype(np.float64), scores.correct
    return int((((y > 0.0) & (c < clip)) | ((y < 1.0) & (1.0 - c < clip))).sum())


def _graded_nll(scores: Scores, clip: float) -> ItemLosses:
    c = np.clip(scores.confidence.astype(np.float64), clip, 1.0 - clip)
    costs = proper_scores.binary_nll_losses(c)  # the cross entropy lies between what right and wrong would cost
    possible = float(costs.min(axis=1).mean()), float(costs.max(axis=1).mean())
    return ItemLosses(proper_scores.graded_nll_losses(c, scores.correct), possible)


def _of_answers(scores: Scores, losses: Callable[[FloatArray], Values]) -> Iterator[tuple[Values, IndexArray]]:
    for rows in chunks(len(scores)):
        yield losses(scores.confidence[rows]), scores.correct[rows].astype(np.intp)


def _over_choices(scores: Scores, losses: Callable[[Values], Values]) -> Iterator[tuple[Values, IndexArray]]:
    choices = scores.choices
    if choices is None:
        raise TypeError("these scores hold no choices")
    for rows, logs in choices.log_probabilities():
        costs = losses(logs)
        if choices.are_logits:  # minus infinity among logits is a choice that the item does not have
            costs = np.where(np.isneginf(logs), np.nan, costs)
        yield costs, choices.labels[rows]


def _picked(parts: Iterator[tuple[Values, IndexArray]]) -> ItemLosses:
    values, least, greatest = [], 0.0, 0.0
    for costs, outcome in parts:
        values.append(np.take_along_axis(costs, outcome[:, None], axis=1)[:, 0])
        least += float(np.nanmin(costs, axis=1).sum())
        greatest += float(np.nanmax(costs, axis=1).sum())
    together = np.concatenate(values)
    return ItemLosses(together, (least / len(together), greatest / len(together)))
