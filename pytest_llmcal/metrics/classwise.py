"""Calibration of the probability of every choice, not only of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.binning import IndexArray, uniform_bins, uniform_edges
from pytest_llmcal.metrics.bins import make_bins

Values = npt.NDArray[np.float64]
# Rows of probabilities, a part at a time, with the place of each part.
Parts = Iterable[tuple[slice, npt.NDArray[np.floating]]]


def classwise_sums(parts: Parts, labels: IndexArray, choices: int, bins: int = 15) -> BinSums:
    """Sum up, for each choice by itself, the items of each uniform bin of its probability.

    Nearly all of many probabilities are small, so only those above the first bin are looked at
    one by one; what is left of the sums over all belongs to the first. An item's label is
    a single one of its choices, so correctness is summed up apart.

    Parameters
    ----------
    parts : iterable of (slice, array of shape (rows, choices))
        Probabilities, some rows at a time.
    labels : array of shape (n,)
        Index of each item's right choice.
    choices, bins : int
        How many there are.

    Returns
    -------
    BinSums
        Arrays of shape (choices * bins,), choice by choice.

    Examples
    --------
    >>> rows = np.array([[0.9, 0.1], [0.4, 0.6]])
    >>> sums = classwise_sums([(slice(0, 2), rows)], np.array([0, 1]), 2, bins=2)
    >>> sums.count.tolist(), sums.gap.round(3).tolist()
    ([1.0, 1.0, 1.0, 1.0], [0.4, -0.1, 0.1, -0.4])
    """
    cells = choices * bins
    count, confidence, square, right, right_confidence = np.zeros((5, cells))
    whole = np.zeros((2, choices))
    items = 0
    first_edge = uniform_edges(bins)[1]
    for rows, probabilities in parts:
        items += len(probabilities)
        whole[0] += probabilities.sum(axis=0, dtype=np.float64)
        whole[1] += np.einsum("ij,ij->j", probabilities, probabilities, dtype=np.float64)
        flat = probabilities.ravel()
        large = np.flatnonzero(flat > first_edge.astype(flat.dtype))
        cell, c = (large % choices) * bins + uniform_bins(flat[large], bins), flat[large].astype(np.float64)
        for total, weights in ((count, None), (confidence, c), (square, c * c)):
            total += np.bincount(cell, weights, minlength=cells)
        picked = labels[rows]
        given = np.take_along_axis(probabilities, picked[:, None], axis=1)[:, 0]
        cell = picked * bins + uniform_bins(given, bins)
        right += np.bincount(cell, minlength=cells)
        right_confidence += np.bincount(cell, given, minlength=cells)
    for total, everything in ((count, float(items)), (confidence, whole[0]), (square, whole[1])):
        by_choice = total.reshape(choices, bins)
        # Up to rounding, which must leave no sum of positive numbers below zero.
        by_choice[:, 0] = np.maximum(everything - by_choice[:, 1:].sum(axis=1), 0.0)
    return BinSums(
        count,
        confidence,
        confidence - right,
        square - 2.0 * right_confidence + right,
        np.maximum(confidence - square, 0.0),
    )


def equal_mass_classwise_sums(column: Callable[[int], Values], labels: IndexArray, choices: int, bins: int) -> BinSums:
    """Sum up, for each choice by itself, the items of bins of about equal mass of its probability.

    Parameters
    ----------
    column : callable
        From the index of a choice to its probabilities, shape (n,).
    labels, choices, bins
        As for ``classwise_sums``.

    Returns
    -------
    BinSums
        Of all bins of all choices, one after the other; none is empty.
    """
    sums = []
    for choice in range(choices):
        confidence, right = column(choice), labels == choice
        sums.append(bin_sums(confidence, right, make_bins(confidence, right, bins, "equal-mass")))
    return BinSums(*(np.concatenate(columns) for columns in zip(*(vars(part).values() for part in sums), strict=True)))
