"""Intervals of accuracy at a coverage, and of coverage at a risk: the two ways to read a risk-coverage curve.

Of the population's share c by falling confidence a sample holds K ~ Bin(n, c) items, not c n: its first K. Given K,
the number of wrong ones among them is binomial with the risk R(c). So what holds for every K that is likely, holds
for the coverage: no smoothness of the curve is taken for granted, and no density is estimated.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrik, betainc, betaincinv

from pytest_llmcal.statistics.interval import Interval

Values = npt.NDArray[np.float64]

# Part of an error rate that is spent on not knowing K; the rest is for the binomial.
_ON_COUNT = 0.2
# Coverages from which the search for a certified one sets out.
_STARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
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


def coverage_interval(errors: Values, risk: float, level: float, design: float = 1.0) -> Interval:
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

    Examples
    --------
    >>> curve = np.append(np.zeros(800), np.arange(1.0, 201.0))  # the last 200 of 1000 are wrong
    >>> [round(end, 3) for end in coverage_interval(curve, 0.1, 0.95)]
    [0.832, 0.934]
    """
    if risk == 1.0:
        return Interval(1.0, 1.0)
    tail = (1.0 - level) / 2.0
    wrong = errors / design
    right = np.arange(1, len(errors) + 1) / design - wrong
    # Were the risk as large as allowed: how likely would be so few wrong ones, and how likely so many?
    few = np.where(right <= 0.0, 1.0, betainc(np.maximum(right, _TINY), wrong + 1.0, 1.0 - risk))
    many = np.where(wrong <= 0.0, 1.0, betainc(np.maximum(wrong, _TINY), right + 1.0, risk))
    return Interval(_certified(few, tail, design), _not_refuted(many, tail, design))


def _certified(few: Values, tail: float, design: float) -> float:
    n, carried, certified = len(few), 0, 0.0
    for start, following in zip(_STARTS, [*_STARTS[1:], 1.0], strict=True):
        carried += 1
        spent = tail * carried / (len(_STARTS) + 1)
        first, most = _likely_counts(n, start, _ON_COUNT * spent, design)
        walk = few[max(first, 1) - 1 :] <= (1.0 - _ON_COUNT) * spent
        last = n if walk.all() else max(first, 1) + int(walk.argmin()) - 1
        reached = first > 0 and most <= last
        if reached:
            certified = _surely_within(last, n, _ON_COUNT * spent, design)
        if not (reached and certified >= following):
            carried = 0
    return 1.0 if few[-1] <= tail * (carried + 1) / (len(_STARTS) + 1) else certified


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
