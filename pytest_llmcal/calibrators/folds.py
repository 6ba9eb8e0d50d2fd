"""Random folds of scores that keep clusters whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.scores import Scores
from pytest_llmcal.statistics.clusters import members_of


def folds_of(scores: Scores, folds: int, seed: int) -> Iterator[tuple[IndexArray, IndexArray]]:
    """Yield the places of each fold, and those of all others, in their old order.

    Parameters
    ----------
    scores : Scores
        Items of one cluster come into one fold.
    folds : int
        At least 2, at most the number of items or clusters.
    seed : int
        Another seed gives other folds.

    Examples
    --------
    >>> [place.tolist() for place, _ in folds_of(Scores([0.5] * 4, [1, 0, 1, 0]), 2, seed=0)]
    [[1, 2], [0, 3]]
    """
    members = members_of(scores.clusters)
    unit = np.arange(len(scores)) if members is None else members
    units = int(unit.max()) + 1
    if isinstance(folds, bool) or not isinstance(folds, int) or not 2 <= folds <= units:
        what = "items" if members is None else "clusters"
        raise CalibratorError(f"folds must be a whole number from 2 to the {units} {what} there are, got {folds!r}")
    fold = np.empty(units, dtype=np.intp)
    fold[np.random.default_rng(seed).permutation(units)] = np.arange(units) % folds
    for number in range(folds):
        own = fold[unit] == number
        yield np.flatnonzero(own), np.flatnonzero(~own)
