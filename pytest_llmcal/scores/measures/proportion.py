"""The share of items of which something is true, or the mean of how much it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pytest_llmcal.measurement import Measurement
from pytest_llmcal.metrics.graded import is_graded
from pytest_llmcal.metrics.ranking import accuracy
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import contributions, design_effect, members_of
from pytest_llmcal.statistics.mean import HALL, mean_interval
from pytest_llmcal.statistics.proportion import clopper_pearson

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def proportion(
    scores: Scores,
    name: str,
    is_true: npt.NDArray[np.bool_] | npt.NDArray[np.float64],
    confidence: float | None,
    what: str = "",
) -> Measurement:
    """Measure the share of items of which ``is_true`` holds, with the Clopper-Pearson interval.

    Of grades it is their mean, with Hall's skewness-corrected t interval, which leaves room for unseen items.

    Parameters
    ----------
    scores : Scores
        The items; clusters among them widen the interval.
    name : str
        Name of the metric.
    is_true : array of shape (n,)
        One boolean an item, or how much it is true, from 0 to 1.
    confidence : float or None
        Level of the interval; that of the rules in force by default.
    what : str
        What is counted, for the method.
    """
    counted, members = is_true.astype(np.float64), members_of(scores.clusters)
    if is_graded(counted):
        values = contributions(counted, members)
        over = "" if members is None else f" over {len(values)} clusters"
        return measured(
            scores,
            name,
            accuracy(counted),
            lambda level: mean_interval(values, level, (0.0, 1.0)),
            confidence,
            f"{what or 'mean of graded correctness'}; {HALL}{over}",
        )
    effect = design_effect(counted, members)
    n = len(scores) / effect.design
    return measured(
        scores,
        name,
        accuracy(is_true),
        lambda level: clopper_pearson(counted.sum() / effect.design, n, level),
        confidence,
        f"{what}; Clopper-Pearson interval" if what else "Clopper-Pearson interval",
        effect=effect,
    )


def share_with_left_out(scores: Scores, name: str, is_true: npt.NDArray[np.bool_], what: str) -> Measurement:
    """Measure the share of all items of which ``is_true`` holds, which it does of none that is left out.

    Nobody knows the cluster of an item that is left out, so each is one by itself.

    Parameters
    ----------
    scores, name, what
        As for ``proportion``.
    is_true : array of shape (n,)
        One boolean an item that has a confidence.
    """
    missing = len(scores.left_out)
    if not missing:
        return proportion(scores, name, is_true, None, what)
    counted, members = np.pad(is_true.astype(np.float64), (0, missing)), members_of(scores.clusters)
    if members is not None:
        members = np.append(members, members.max() + 1 + np.arange(missing))
    effect = design_effect(counted, members)
    n = len(counted) / effect.design
    return measured(
        scores,
        name,
        accuracy(counted),
        lambda level: clopper_pearson(counted.sum() / effect.design, n, level),
        None,
        f"{what}, out of all with the {missing} that have no confidence; Clopper-Pearson interval",
        effect=effect,
        of_all=True,
    )
