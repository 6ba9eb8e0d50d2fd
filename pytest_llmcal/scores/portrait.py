"""Scores as the few numbers that their pictures are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import GroupResult, Pool, Portrait, Risk
from pytest_llmcal.metrics.isotonic import isotonic_fit
from pytest_llmcal.metrics.selective import accepted_items, expected_errors
from pytest_llmcal.scores.outcomes import counted, outcome_results

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_COVERAGES = 20
_MOST_GROUPS = 24  # of one attribute: a table is read, and names of passages are no groups of it


def portrait_of(scores: Scores) -> Portrait:
    """Return what the report draws of scores.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> portrait = portrait_of(Scores([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]))
    >>> portrait.n, portrait.accuracy, [pool.accuracy.__round__(2) for pool in portrait.pools]
    (4, 0.75, [0.5, 1.0])
    >>> portrait.risks[-1]
    Risk(coverage=1.0, risk=0.25)
    """
    return Portrait(
        n=len(scores),
        accuracy=float(scores.correct.mean()),
        confidence=float(scores.confidence.mean(dtype=np.float64)),
        bins=scores.reliability().bins,
        before=() if scores.before is None else scores.before.reliability().bins,
        pools=tuple(pools_of(scores)),
        risks=tuple(_risks(scores)),
        groups=tuple(_groups(scores)),
        calibration=scores.calibrated_by,
        is_graded=scores.is_graded,
        outcomes=tuple(replace(each, accuracy=_drawn(each.accuracy)) for each in outcome_results(scores)),
        left_out=counted(scores.left_out),
    )


def _drawn(value: float) -> float:
    """Cut a number to more digits than are drawn or written: a run has many of them."""
    return round(float(value), 6)


def pools_of(scores: Scores) -> Iterator[Pool]:
    """Give the level stretches of the rising curve that is nearest to the answers (CORP)."""
    levels, fitted = isotonic_fit(scores.confidence, scores.correct)
    for places in np.split(np.arange(len(levels)), np.flatnonzero(np.diff(fitted) > 0.0) + 1):
        yield Pool(_drawn(levels[places[0]]), _drawn(levels[places[-1]]), _drawn(fitted[places[0]]))


def _risks(scores: Scores) -> Iterator[Risk]:
    errors = expected_errors(scores.confidence, scores.correct)
    counts = {accepted_items(len(scores), step / _COVERAGES) for step in range(1, _COVERAGES + 1)}
    for count in sorted(counts):
        yield Risk(_drawn(count / len(scores)), _drawn(errors[count - 1] / count))


def _groups(scores: Scores) -> Iterator[GroupResult]:
    for attribute, members in scores.groups.items():
        if len(set(members)) > _MOST_GROUPS:
            continue
        for name, part in scores.by_group(attribute).items():
            ece = part.ece()
            yield GroupResult(
                attribute,
                name,
                len(part),
                *map(_drawn, (part.correct.mean(), part.confidence.mean(dtype=np.float64), ece, ece.low, ece.high)),
            )
