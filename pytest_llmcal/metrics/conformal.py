"""How strange each choice would be as the answer: the scores behind conformal answer sets.

The smaller, the sooner a choice belongs into the set. Equally probable choices are equally strange, so that
nothing depends on the order in which an item lists its choices.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def lac(probabilities: Values) -> Values:
    """Return 1 less the probability of each choice (Sadinle, Lei, Wasserman 2019), of the same shape (n, k).

    Examples
    --------
    >>> lac(np.array([[0.75, 0.25]])).tolist()
    [[0.25, 0.75]]
    """
    return np.asarray(1.0 - probabilities)


def aps(probabilities: Values, uniform: Values) -> Values:
    """Return how much probability comes before each choice, with a part of its own (Romano, Sesia, Candes 2020).

    The sum of all more probable choices and (1 - u) times the choice's own probability: adaptive prediction sets.

    Parameters
    ----------
    probabilities : array of shape (n, k)
        Rows sum to one; zero for a choice that is not there.
    uniform : array of shape (n,)
        The u of each item, from 0 to 1. With 1 everywhere nothing is random, and the most probable choice scores 0.

    Examples
    --------
    >>> aps(np.array([[0.25, 0.5, 0.25]]), np.array([1.0])).tolist()
    [[0.5, 0.0, 0.5]]
    """
    order, first = _falling(probabilities)
    falling = np.take_along_axis(probabilities, order, axis=1)
    before = np.zeros_like(falling)
    np.cumsum(falling[:, :-1], axis=1, out=before[:, 1:])
    before = np.take_along_axis(before, first, axis=1)
    return _in_place(before + (1.0 - uniform[:, None]) * falling, order)


def raps(probabilities: Values, uniform: Values, penalty: float, unpenalised: int) -> Values:
    """Return the APS score and ``penalty`` for each rank beyond the first ``unpenalised`` ones.

    Regularised adaptive prediction sets (Angelopoulos, Bates, Jordan, Malik 2021): long tails of unlikely choices
    stay out of the sets. Of equally probable choices each has the best rank.

    Parameters
    ----------
    probabilities, uniform
        As for ``aps``.
    penalty : float
        At least 0; lambda in the paper.
    unpenalised : int
        At least 0; k_reg in the paper.

    Examples
    --------
    >>> raps(np.array([[0.25, 0.5, 0.25]]), np.array([1.0]), 0.1, 1).tolist()
    [[0.6, 0.0, 0.6]]
    """
    order, first = _falling(probabilities)
    beyond = np.maximum(first + 1 - unpenalised, 0)
    return aps(probabilities, uniform) + _in_place(penalty * beyond, order)


def _falling(probabilities: Values) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the choices by falling probability, and for each place the first one of equal probability."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    falling = np.take_along_axis(probabilities, order, axis=1)
    place = np.arange(probabilities.shape[1])
    falls = np.ones(falling.shape, dtype=bool)
    falls[:, 1:] = falling[:, 1:] < falling[:, :-1]
    return order, np.maximum.accumulate(np.where(falls, place, 0), axis=1)


def _in_place(falling: Values, order: npt.NDArray[np.intp]) -> Values:
    values = np.empty_like(falling)
    np.put_along_axis(values, order, falling, axis=1)
    return values
