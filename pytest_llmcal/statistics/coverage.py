"""Intervals of accuracy at a coverage, and of coverage at a risk: the two ways to read a risk-coverage curve.

Of the population's share c by falling confidence a sample holds K ~ Bin(n, c) items, not c n: its first K. Given K,
the number of wrong ones among them is binomial with the risk R(c). So what holds for every K that is likely, holds
for the coverage: no smoothness of the curve is taken for granted, and no density is estimated.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrik, betainc, betaincinv, rel_entr

from pytest_llmcal.statistics.interval import Interval

Values = npt.NDArray[np.float64]

# Part of an error rate that is spent on not knowing K; the rest is for the binomial.
_ON_COUNT = 0.2
# Coverages from which the search for a certified one sets out.
_STARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
# A start is worth its part of the error rate only if so many items over the risk are expected there: with all
# of them right the risk would just be certified at 95%.
_ENOUGH = 3.0
_TINY = 1e-300


def accuracy_interval(errors: Values, coverage: float, level: float, design: float = 1.0) -> Interval:
    """Return the interval of the accuracy among the most confident share ``coverage`` of all answers.

    The hull of the Clopper-Pearson intervals (1934) over all numbers K of items that the share may hold here. Each
    end errs in at most (1 - level) / 2 of samples, whatever the curve. At coverage one it is that of all answers.

    Parameters
    ----------
    errors : array of shape (n,)
        From ``metrics.selective.expected_errors``.
    coverage : float
        Above 0, at most 1.
    level : float
        Between 0 and 1.
    design : float
        Design effect of the items' clusters: so many say as much as one.

    Examples
    --------
    >>> [round(end, 3) for end in accuracy_interval(np.zeros(100), 1.0, 0.95)]
    [0.964, 1.0]
    >>> [round(end, 3) for end in accuracy_interval(np.zeros(100), 0.5, 0.95)]
    [0.897, 1.0]
    """
    n, tail = len(errors), (1.0 - level) / 2.0
    if coverage == 1.0:
        count = np.array([n])
    else:
        first, last = _likely_counts(n, coverage, _ON_COUNT * tail, design)
        if first == 0:
            return Interval(0.0, 1.0)
        count, tail = np.arange(first, last + 1), (1.0 - _ON_COUNT) * tail
    wrong = errors[count - 1] / design
    right = count / design - wrong
    low = np.where(right <= 0.0, 0.0, betaincinv(np.maximum(right, _TINY), wrong + 1.0, tail))
    high = np.where(wrong <= 0.0, 1.0, betaincinv(right + 1.0, np.maximum(wrong, _TINY), 1.0 - tail))
    return Interval(float(low.min()), float(high.max()))


def coverage_interval(
    errors: Values, risk: float, level: float, design: float = 1.0, *, graded: bool = False
) -> Interval:
    """Return the interval of the largest coverage at which the risk is at most ``risk``.

    Each end errs in at most (1 - level) / 2 of samples, whatever the curve.

    The upper end is the largest coverage whose risk may be at most ``risk``: only the test at the true
    coverage decides whether it errs. The lower end is a coverage whose risk surely is. It is looked for
    upward from 1/16, 1/8, 1/4, 1/2 and 1, each for a fifth of the error rate, and each walk goes on until a
    coverage is not certified; one that reaches the next start adds its fifth to that one's (fixed-sequence testing
    with several starts, Angelopoulos et al. 2021; fallback procedure, Wiens 2003).

    Parameters
    ----------
    errors, level, design
        As for ``accuracy_interval``.
    risk : float
        Share of wrong answers that is let pass, from 0 to 1.
    graded : bool
        Whether answers may be partly wrong. The binomial then bounds how likely so small a sum is only up to a
        factor; the lower end takes the bound of Hoeffding and Bentkus (Bates et al. 2021) in its place.

    Examples
    --------
    >>> curve = np.append(np.zeros(800), np.arange(1.0, 201.0))  # the last 200 of 1000 are wrong
    >>> [round(end, 3) for end in coverage_interval(curve, 0.1, 0.95)]
    [0.832, 0.934]
    """
    if risk == 1.0:
        return Interval(1.0, 1.0)
    tail = (1.0 - level) / 2.0
    count = np.arange(1.0, len(errors) + 1.0)
    wrong = errors / design
    right = count / design - wrong
    # Were the risk as large as allowed: how likely would be so many wrong ones?
    many = np.where(wrong <= 0.0, 1.0, betainc(np.maximum(wrong, _TINY), right + 1.0, risk))
    certified = _certified(count, _few(count, errors, risk, design, graded), tail, design, _STARTS)
    return Interval(certified.share, _not_refuted(many, tail, design))


def certified_items(
    count: Values, errors: Values, risk: float, delta: float, design: float = 1.0, *, graded: bool = False
) -> int:
    """Return how many items, surest first, can be answered with a risk that surely is at most ``risk``; 0 if none.

    The confidence of the last of them is then a threshold: in at most ``delta`` of samples the error rate
    of all answers that the model could give at this confidence or above exceeds ``risk``. That is the Learn-then-Test
    of Angelopoulos et al. (2021) with fixed-sequence testing from several starts, each a share of the population that
    can be certified by so many items. The first threshold in a walk whose risk is too large belongs to the
    population, not to the sample; so the exact binomial test of that one alone decides whether the walk errs.

    Parameters
    ----------
    count, errors : arrays of shape (levels,)
        How many items have at least each confidence that occurs, from the greatest confidence to the least, and how
        many of these are wrong.
    risk : float
        Share of wrong answers that is let pass, above 0 and below 1.
    delta : float
        Above 0 and below 1.
    design : float
        Design effect of the items' clusters: so many say as much as one.
    graded : bool
        As for ``coverage_interval``.

    Examples
    --------
    >>> count = np.arange(1.0, 1001.0)
    >>> certified_items(count, np.maximum(count - 800.0, 0.0), 0.1, 0.05)  # the last 200 are wrong
    869
    >>> certified_items(count, np.zeros(1000), 0.001, 0.05)  # too few items, even if all are right
    0
    """
    n = float(count[-1])
    starts = tuple(start for start in _STARTS if start * n / design >= _ENOUGH / risk)
    return _certified(count, _few(count, errors, risk, design, graded), delta, design, starts).items


class _Certified(NamedTuple):
    items: int
    share: float  # of the population, that these surely are


def _few(count: Values, errors: Values, risk: float, design: float, graded: bool) -> Values:
    """Return how likely so few wrong ones would be, were the risk as large as allowed."""
    wrong = errors / design
    if graded:
        return _hoeffding_bentkus(wrong, count / design, risk)
    right = count / design - wrong
    return np.where(right <= 0.0, 1.0, betainc(np.maximum(right, _TINY), wrong + 1.0, 1.0 - risk))


def _hoeffding_bentkus(total: Values, count: Values, mean: float) -> Values:
    r"""Bound how likely a sum of so many numbers from 0 to 1 is so small, if their mean is ``mean``.

    :math:`\min(e^{-n KL(t / n, \mu)}, e P(Bin(n, \mu) \leq \lceil t \rceil))` (Hoeffding 1963; Bentkus 2004), for
    sums that are not above their mean.
    """
    share = np.minimum(total / count, mean)
    hoeffding = np.exp(-count * (rel_entr(share, mean) + rel_entr(1.0 - share, 1.0 - mean)))
    most = np.ceil(total - 1e-9)
    rest = count - most
    binomial = np.where(rest <= 0.0, 1.0, betainc(np.maximum(rest, _TINY), most + 1.0, 1.0 - mean))
    return np.asarray(np.minimum(hoeffding, math.e * binomial))


def _certified(count: Values, few: Values, tail: float, design: float, starts: tuple[float, ...]) -> _Certified:
    n, carried, certified = int(count[-1]), 0, _Certified(0, 0.0)
    for start, following in zip(starts, [*starts[1:], 1.0], strict=False):
        carried += 1
        spent = tail * carried / (len(starts) + 1)
        first, most = _likely_counts(n, start, _ON_COUNT * spent, design)
        begin = int(np.searchsorted(count, first))
        walk = few[begin:] <= (1.0 - _ON_COUNT) * spent
        passed = len(walk) if walk.all() else int(walk.argmin())
        last = int(count[begin + passed - 1]) if passed else 0
        reached = first > 0 and most <= last
        if reached:
            certified = _Certified(last, _surely_within(last, n, _ON_COUNT * spent, design))
        if not (reached and certified.share >= following):
            carried = 0
    return _Certified(n, 1.0) if few[-1] <= tail * (carried + 1) / (len(starts) + 1) else certified


def _not_refuted(many: Values, tail: float, design: float) -> float:
    n = len(many)
    possible = np.flatnonzero(many > (1.0 - _ON_COUNT) * tail)
    count = int(possible[-1]) + 1 if len(possible) else 0
    if count == n:  # a little wide: at coverage one no error rate is spent on K
        return 1.0
    return float(betaincinv(count / design + 1.0, (n - count) / design, 1.0 - 0.5 * _ON_COUNT * tail))


def _likely_counts(n: int, coverage: float, tail: float, design: float) -> tuple[int, int]:
    """Return the least and the greatest number of n items in a share of the population, but for ``tail`` of samples."""
    few, many = bdtrik([0.5 * tail, 1.0 - 0.5 * tail], n / design, coverage)
    least = 0 if math.isnan(few) else math.floor(math.ceil(few) * design)
    return min(n, least), min(n, math.ceil(math.ceil(many) * design))


def _surely_within(count: int, n: int, tail: float, design: float) -> float:
    """Return the largest share of the population of which n items hold at most ``count``, but for half the tail."""
    if count == n:
        return 1.0
    return float(betaincinv(count / design + 1.0, (n - count) / design, 0.5 * tail))
