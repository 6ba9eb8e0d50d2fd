"""Simulated annealing within a budget, with a trace of what it found when."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import dual_annealing

from pytest_llmcal.calibrators.annealing.maps import Box

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes
    ----------
    best : array
        The numbers of the least value.
    trace : array of shape (m, 2)
        Number of the evaluation, from 1, at which each least value so far was found, and that value; the
        first row is the start, the last one is the end of the search.
    stopped : {"evaluations", "seconds"}
        Which budget was spent first.
    """

    best: Values
    trace: Values
    stopped: Literal["evaluations", "seconds"]


class _SpentError(Exception):
    """The budget is spent."""


def anneal(
    value: Callable[[Values], float], start: Values, box: Box, *, evaluations: int, seconds: float | None, seed: int
) -> Found:
    """Minimise a function by dual annealing (Tsallis, Stariolo 1996; Xiang, Sun, Fan, Gong 1997).

    A random walk whose steps and whose tolerance for worse places shrink, and from each better place that it
    finds a descent without derivatives (Nelder, Mead 1965). The start is looked at first.

    Parameters
    ----------
    value : callable
        From numbers to what is minimised; need not be continuous.
    start : array of shape (d,)
        Within the box.
    box : list of d pairs
        Lower and upper end of each number.
    evaluations : int
        So often is the function asked, never more.
    seconds : float or None
        Time after which the search ends all the same.
    seed : int
        Of the random walk.

    Examples
    --------
    >>> found = anneal(lambda x: abs(x[0] - 0.3), np.array([0.9]), [(0.0, 1.0)], evaluations=200, seconds=None, seed=0)
    >>> round(float(found.best[0]), 3), found.stopped
    (0.3, 'evaluations')
    """
    until = None if seconds is None else time.monotonic() + seconds
    best, trace, asked, stopped = start, [(1.0, value(start))], 1, "evaluations"

    def watched(numbers: Values) -> float:
        nonlocal best, asked, stopped
        if asked >= evaluations:
            raise _SpentError
        if until is not None and time.monotonic() >= until:
            stopped = "seconds"
            raise _SpentError
        asked += 1
        here = value(numbers)
        if here < trace[-1][1]:
            best = numbers.copy()
            trace.append((float(asked), here))
        return here

    with contextlib.suppress(_SpentError):
        dual_annealing(
            watched,
            box,
            x0=start,
            maxiter=evaluations,
            maxfun=10 * evaluations,
            minimizer_kwargs={"method": "Nelder-Mead", "bounds": box},
            seed=np.random.default_rng(seed),
        )
    trace.append((float(asked), trace[-1][1]))
    return Found(best, np.array(trace), "seconds" if stopped == "seconds" else "evaluations")
