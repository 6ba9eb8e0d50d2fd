"""How good the answers are that remain when the least confident ones are held back.

Answers are accepted by falling confidence. Items of one confidence have no order of their own: every
number here is the mean over all orders of them, so it never depends on the order of the rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import xlog1py, xlogy

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray

Values = npt.NDArray[np.float64]


def expected_errors(confidence: FloatArray, correct: Answers) -> Values:
    """Return how many of the k most confident answers are wrong, for k from 1 to n.

    Of e wrong ones among m items of one confidence, the first j hold e j / m on average over all orders.

    Parameters
    ----------
    confidence : array of shape (n,)
        Any ordered numbers without NaN.
    correct : array of shape (n,)
        0 or 1, or graded between.

    Examples
    --------
    >>> expected_errors(np.array([0.9, 0.6, 0.6]), np.array([1, 0, 1])).tolist()
    [0.0, 0.5, 1.0]
    """
    level, items, wrong = levels(confidence, correct)
    accepted = np.arange(1, len(level) + 1)
    return np.asarray(np.interp(accepted, np.append(0, np.cumsum(items)), np.append(0.0, np.cumsum(wrong))))


def levels(confidence: FloatArray, correct: Answers) -> tuple[IndexArray, Values, Values]:
    """Return each item's level of confidence, from 0 for the greatest, and the items and the wrong ones of each.

    Examples
    --------
    >>> [part.tolist() for part in levels(np.array([0.9, 0.6, 0.6]), np.array([1, 0, 1]))]
    [[0, 1, 1], [1.0, 2.0], [0.0, 1.0]]
    """
    _, rising = np.unique(confidence, return_inverse=True)
    falling: IndexArray = np.asarray(rising.max() - rising, dtype=np.intp)
    wrong: Values = np.asarray(np.bincount(falling, 1.0 - np.asarray(correct, dtype=np.float64)), dtype=np.float64)
    return falling, np.bincount(falling).astype(np.float64), wrong


def aurc(confidence: FloatArray, correct: Answers) -> float:
    r"""Return the area under the risk-coverage curve, :math:`\frac{1}{n} \sum_k \mathrm{err}(k) / k`.

    err(k) is the number of wrong answers among the k most confident (Geifman, Uziel, El-Yaniv 2019).

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        As for ``expected_errors``.

    Examples
    --------
    >>> aurc(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 1, 0]))
    0.0625
    """
    errors = expected_errors(confidence, correct)
    return float(np.mean(errors / np.arange(1, len(errors) + 1)))


def e_aurc(confidence: FloatArray, correct: Answers) -> float:
    """Return the excess AURC: how much larger it is than if all right answers came before all wrong ones.

    The least area is the exact one of these n items, not its limit r + (1 - r) ln(1 - r) for the error rate r
    (Geifman, Uziel, El-Yaniv 2019): the limit lies below what n items can reach, by about r / 2n, so a
    perfect order would have an excess. This one is zero for a perfect order, and nowhere below.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        As for ``expected_errors``.

    Examples
    --------
    >>> e_aurc(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 1, 0]))
    0.0
    """
    return max(0.0, aurc(confidence, correct) - aurc(np.asarray(correct, dtype=np.float64), correct))


def population_aurc(items: Values, wrong: Values) -> float:
    r"""Return the AURC of a population, :math:`\int_0^1 E(t) / t \, dt` with E(t) the wrong ones in the first share t.

    Of a level of mass m with e wrong after mass N with E wrong it is (E - e N / m) ln((N + m) / N) + e.

    Parameters
    ----------
    items, wrong : arrays of shape (levels,)
        Mass of the items of each level of confidence, falling, and of the wrong ones among them. Their
        sum need not be one.

    Examples
    --------
    >>> population_aurc(np.array([1.0, 1.0]), np.array([0.0, 1.0])).__round__(4)  # r + (1 - r) ln(1 - r)
    0.1534
    """
    _, slope, growth = _steps(items / items.sum(), wrong / items.sum())
    return float((slope * growth).sum() + wrong.sum() / items.sum())


def population_e_aurc(items: Values, wrong: Values) -> float:
    """Return the excess AURC of a population: how much its AURC lies above r + (1 - r) ln(1 - r).

    Parameters
    ----------
    items, wrong : arrays of shape (levels,)
        As for ``population_aurc``.

    Examples
    --------
    >>> population_e_aurc(np.array([1.0, 1.0]), np.array([1.0, 0.0])).__round__(4)  # the most there is: ln 2
    0.6931
    """
    rate = float(wrong.sum() / items.sum())
    return population_aurc(items, wrong) - (rate + float(xlog1py(1.0 - rate, -rate)))


def aurc_influence(confidence: FloatArray, correct: Answers, *, excess: bool = False) -> Values:
    r"""Return the influence of each item on the AURC: their mean square over n is its variance.

    The AURC is :math:`\int R(t) dt` with R(t) the risk of the first share t. An item at t, wrong (w = 1) or
    right (w = 0), moves it by :math:`R(t) - w \ln t - \int_t^1 R(s) / s \, ds` less the mean of this: where it
    stands, and what it does to all after it. Of a level the mean over its places is taken. With ``excess``
    the influence on r + (1 - r) ln(1 - r) comes off, -ln(1 - r) (w - r).

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        As for ``expected_errors``.
    excess : bool
        Whether the excess AURC is meant.

    Examples
    --------
    >>> aurc_influence(np.array([0.9, 0.8]), np.array([1, 0])).round(4).tolist()
    [-0.3466, 0.3466]
    """
    level, items, wrong = levels(confidence, correct)
    n = len(level)
    mass, errors = items / n, wrong / n
    before, slope, growth = _steps(mass, errors)
    after = np.cumsum(mass)
    rate = errors / mass
    risk = rate + slope * growth / mass
    log_place = (xlogy(after, after) - xlogy(before, before)) / mass - 1.0
    # slope is zero in the first level, whose place before is zero
    fall = np.divide(slope * mass, before * after, out=np.zeros_like(mass), where=before > 0.0)
    whole = fall + rate * growth
    later = np.cumsum(whole[::-1])[::-1] - whole
    within = risk - before * (fall + rate * growth) / mass
    is_wrong = 1.0 - np.asarray(correct, dtype=np.float64)
    influence = (risk - later - within)[level] - is_wrong * log_place[level]
    share = float(errors.sum())
    if excess and 0.0 < share < 1.0:
        influence += np.log1p(-share) * (is_wrong - share)
    return np.asarray(influence - influence.mean())


def _steps(mass: Values, errors: Values) -> tuple[Values, Values, Values]:
    """Return of each level its place before, the a in R(s) = a / s + e / m, and ln of place after over before."""
    before = np.append(0.0, np.cumsum(mass)[:-1])
    slope = np.cumsum(errors) - errors - np.divide(errors, mass, out=np.zeros_like(mass), where=mass > 0.0) * before
    growth = np.log1p(np.divide(mass, before, out=np.zeros_like(mass), where=before > 0.0))
    return before, slope, growth


def accepted_items(n: int, coverage: float) -> int:
    """Return the least number of ``n`` items, at least one, that is the share ``coverage`` of them or more.

    Examples
    --------
    >>> accepted_items(10, 0.8), accepted_items(10, 0.81), accepted_items(10, 0.001)
    (8, 9, 1)
    """
    return max(1, int(np.ceil(coverage * n - 1e-9)))


def accepted_shares(confidence: FloatArray, count: int) -> Values:
    """Return how much of each item is accepted where the ``count`` most confident are: ties share what is left.

    Examples
    --------
    >>> accepted_shares(np.array([0.6, 0.9, 0.6]), 2).tolist()
    [0.5, 1.0, 0.5]
    """
    level, items, _ = levels(confidence, np.ones(len(confidence)))
    before = np.cumsum(items) - items
    return np.asarray(np.clip((count - before) / items, 0.0, 1.0)[level])


def coverage_at_risk(errors: Values, risk: float) -> float:
    """Return the largest share of the items that can be accepted while at most ``risk`` of those are wrong.

    Zero if not even the most confident answers do. The largest: fewer items may have a higher risk.

    Parameters
    ----------
    errors : array of shape (n,)
        From ``expected_errors``.
    risk : float
        Share of wrong answers that is let pass.

    Examples
    --------
    >>> coverage_at_risk(np.array([1.0, 1.0, 1.0, 1.0, 2.0]), 0.25)
    0.8
    """
    n = len(errors)
    allowed = np.flatnonzero(errors <= risk * np.arange(1, n + 1) + 1e-9)
    return float(allowed[-1] + 1) / n if len(allowed) else 0.0
