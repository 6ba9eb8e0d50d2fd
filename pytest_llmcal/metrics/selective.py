"""How good the answers are that remain when the least confident ones are held back.

Answers are accepted by falling confidence. Items of one confidence have no order of their own: every
number here is the mean over all orders of them, so it never depends on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray

Values = npt.NDArray[np.float64]


def expected_errors(confidence: FloatArray, correct: Answers) -> Values:
    """Return how many of the k most confident answers are wrong, for k from 1 to n.

    Of e wrong ones among m items of one confidence, the first j hold e j / m on average over all orders.

    Parameters
    ----------
    confidence : array of shape (n,)
        Any ordered numbers without NaN.
    correct : array of shape (n,)
        0 or 1.

    Examples
    --------
    >>> expected_errors(np.array([0.9, 0.6, 0.6]), np.array([1, 0, 1])).tolist()
    [0.0, 0.5, 1.0]
    """
    _, level = np.unique(confidence, return_inverse=True)
    items = np.cumsum(np.bincount(level)[::-1])
    wrong = np.cumsum(np.bincount(level, 1.0 - np.asarray(correct, dtype=np.float64))[::-1])
    accepted = np.arange(1, len(level) + 1)
    return np.asarray(np.interp(accepted, np.append(0, items), np.append(0.0, wrong)))


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


def aurc_of_draws(confidence: FloatArray, correct: Answers, *, excess: bool = False) -> Callable[[Values], Values]:
    r"""Return the function from weights of shape (draws, n) to the AURC of each draw, or the excess of it.

    After N items with E errors, m items of one confidence with e errors add
    :math:`\sum_{k=1}^{m} (E + e k / m) / (N + k) = (E - e N / m) (H_{N+m} - H_N) + e`
    with H the harmonic numbers, so a draw takes one step a level and not one an item.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        By falling confidence.
    excess : bool
        Whether to take the least possible area off.

    Examples
    --------
    >>> draws = aurc_of_draws(np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 1, 0]))
    >>> draws(np.ones((1, 4))).round(4).tolist()
    [0.0625]
    """
    wrong = 1.0 - np.asarray(correct, dtype=np.float64)
    starts = np.flatnonzero(np.append(True, confidence[1:] != confidence[:-1]))

    def of(weights: Values) -> Values:
        items = np.add.reduceat(weights, starts, axis=1)
        errors = np.add.reduceat(weights * wrong, starts, axis=1)
        total, all_errors = items.sum(axis=1), errors.sum(axis=1)
        harmonic = np.append(0.0, np.cumsum(1.0 / np.arange(1, int(total.max()) + 1)))
        area = _area(items, errors, harmonic) / total
        if excess:
            best = np.stack([total - all_errors, all_errors], axis=1)
            area -= _area(best, best * [0.0, 1.0], harmonic) / total
        return np.asarray(np.maximum(area, 0.0))

    return of


def _area(items: Values, errors: Values, harmonic: Values) -> Values:
    """Return the sum of err(k) / k of each row; one column a level, by falling confidence."""
    after = np.cumsum(items, axis=1)
    before = after - items
    rate = errors / np.maximum(items, 1.0)
    errors_before = np.cumsum(errors, axis=1) - errors
    steps = harmonic[after.astype(np.intp)] - harmonic[before.astype(np.intp)]
    return np.asarray(((errors_before - rate * before) * steps + errors).sum(axis=1))


def accepted_items(n: int, coverage: float) -> int:
    """Return the least number of ``n`` items, at least one, that is the share ``coverage`` of them or more.

    Examples
    --------
    >>> accepted_items(10, 0.8), accepted_items(10, 0.81), accepted_items(10, 0.001)
    (8, 9, 1)
    """
    return max(1, int(np.ceil(coverage * n - 1e-9)))


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
