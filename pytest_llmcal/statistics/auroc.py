"""The interval of an area under the ROC curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray
from pytest_llmcal.metrics.ranking import counts_by_level, placements
from pytest_llmcal.statistics.clusters import Effect, design_effect
from pytest_llmcal.statistics.interval import Interval, upper_normal_quantile

Values = npt.NDArray[np.float64]
Counted = tuple[Values, Values]

# How many items of the rarer kind count as much as the presumption that the curve has Hanley and
# McNeil's shape.
_SHAPE_ITEMS = 6.0
_HALVINGS = 60


def auroc_interval(confidence: FloatArray, correct: Answers, level: float, design: float = 1.0) -> Interval:
    """Return a score interval of the AUROC.

    Its variance is that of Hanley and McNeil (1982), taken at the hypothesised value
    as in Newcombe's method 5 (2006) and multiplied by how much larger or smaller the
    variance of DeLong, DeLong, Clarke-Pearson (1988) is at the estimate. It is honest
    where right and wrong answers are separated completely, where DeLong's is zero.

    Where answers of one kind are few, some of that kind were never seen: with
    probability (1 - level) / 2 a share of u = 1 - ((1 - level) / 2)^(1/m) of them, m the
    number of the rarer kind, and these may rank anywhere. Both ends leave that much room.
    The variance above the estimate is at least that at the estimate: a few wrong answers
    of low confidence among many of high do not follow Hanley and McNeil's curve.

    How often each end errs is measured by ``benchmarks/interval_coverage.py``.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        As for ``metrics.ranking.auroc``, both right and wrong answers present.
    level : float
        Level, between 0 and 1.
    design : float
        Design effect of the items' clusters: so many say as much as one.

    Examples
    --------
    >>> low, high = auroc_interval(np.array([0.9, 0.8, 0.3]), np.array([1, 1, 0]), 0.95)
    >>> round(low, 3), round(high, 3)
    (0.025, 1.0)
    """
    return auroc_interval_of_counts(*counts_by_level(confidence, correct), level, design)


def auroc_interval_of_counts(rights: Values, wrongs: Values, level: float, design: float = 1.0) -> Interval:
    """Return what ``auroc_interval`` does, from the right and wrong answers at each confidence.

    Parameters
    ----------
    rights, wrongs : arrays of shape (levels,)
        From ``counts_by_level``.
    level, design
        As for ``auroc_interval``.
    """
    over_wrongs = (np.cumsum(wrongs) - 0.5 * wrongs) / wrongs.sum()
    over_rights = 1.0 - (np.cumsum(rights) - 0.5 * rights) / rights.sum()
    estimate = float(rights @ over_wrongs / rights.sum())
    sizes = max(float(rights.sum()) / design, 1.0), max(float(wrongs.sum()) / design, 1.0)
    ratio = _variance_ratio((over_wrongs, rights), (over_rights, wrongs), estimate)
    z = upper_normal_quantile((1.0 - level) / 2.0)

    least = _hanley_mcneil(estimate, *sizes)

    def beyond(value: float) -> bool:
        variance = _hanley_mcneil(value, *sizes)
        if value > estimate:
            variance = max(variance, least)
        return (estimate - value) ** 2 > z * z * ratio * variance

    unseen = 1.0 - ((1.0 - level) / 2.0) ** (1.0 / min(sizes))
    low, high = (_last_outside(beyond, outside, estimate) for outside in (0.0, 1.0))
    return Interval(min(low, (1.0 - unseen) * estimate), max(high, (1.0 - unseen) * estimate + unseen))


def auroc_design_effect(confidence: FloatArray, correct: Answers, members: IndexArray) -> Effect:
    """Return what clusters do to an AUROC: Obuchowski's (1997) variance over DeLong's.

    Parameters
    ----------
    confidence, correct, members : arrays of shape (n,)
        Both right and wrong answers present; the cluster of each item, from ``members_of``.
    """
    return design_effect(added_to_auroc(confidence, correct), members)


def added_to_auroc(confidence: FloatArray, correct: Answers) -> Values:
    """Return what each item adds to the AUROC, shape (n,): the sum of the squares is DeLong's variance, nearly.

    A right answer adds how it stands to the wrong ones, a wrong answer how it stands to the right ones, each less
    the AUROC and over the number of its kind (DeLong, DeLong, Clarke-Pearson 1988). All of them add up to zero.

    Examples
    --------
    >>> added_to_auroc(np.array([0.9, 0.8, 0.8]), np.array([1, 1, 0])).tolist()
    [0.125, -0.125, 0.0]
    """
    over_wrongs, over_rights = placements(confidence, correct)
    right = correct.astype(bool)
    added = np.empty(len(right))
    added[right] = (over_wrongs - over_wrongs.mean()) / len(over_wrongs)
    added[~right] = (over_rights - over_rights.mean()) / len(over_rights)
    return added


def _variance_ratio(of_rights: Counted, of_wrongs: Counted, estimate: float) -> float:
    """Return DeLong's variance over Hanley and McNeil's, drawn towards one where items are few.

    Takes how the answers of either kind stand to those of the other, and how many each stands for.
    """
    rights, wrongs = (float(count.sum()) for _, count in (of_rights, of_wrongs))
    presumed = _hanley_mcneil(estimate, rights, wrongs)
    if presumed == 0.0 or min(rights, wrongs) == 1:
        return 1.0
    squares = (float(count @ (placement - estimate) ** 2) for placement, count in (of_rights, of_wrongs))
    delong = sum(square / (n - 1.0) / n for square, n in zip(squares, (rights, wrongs), strict=True))
    fewer = min(rights, wrongs)
    return (fewer * delong / presumed + _SHAPE_ITEMS) / (fewer + _SHAPE_ITEMS)


def _hanley_mcneil(value: float, rights: float, wrongs: float) -> float:
    """Return the variance of an AUROC whose true value is the given one, with the two sizes averaged."""
    others = (rights + wrongs) / 2.0 - 1.0
    shape = 1.0 + others * ((1.0 - value) / (2.0 - value) + value / (1.0 + value))
    return value * (1.0 - value) * shape / (rights * wrongs)


def _last_outside(beyond: Callable[[float], bool], outside: float, inside: float) -> float:
    """Halve the way from an end of the range to the estimate until the interval's end is found."""
    if not beyond(outside):
        return outside
    for _ in range(_HALVINGS):
        middle = 0.5 * (outside + inside)
        outside, inside = (middle, inside) if beyond(middle) else (outside, middle)
    return outside
