"""How well confidence puts right answers above wrong ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray
from pytest_llmcal.metrics.graded import is_graded

Shares = npt.NDArray[np.float64]


def accuracy(correct: Answers) -> float:
    """Return the share of right answers.

    Examples
    --------
    >>> accuracy(np.array([1, 1, 0, 1]))
    0.75
    """
    return float(np.mean(correct, dtype=np.float64))


def auroc(confidence: FloatArray, correct: Answers) -> float:
    """Return the probability that a right answer has more confidence than a wrong one, ties counting half.

    The Mann-Whitney statistic, which equals the area under the ROC curve
    (Hanley, McNeil 1982). It does not depend on the order of the items.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats from 0 to 1.
    correct : array of shape (n,)
        0 or 1, both of them present.

    Raises
    ------
    ValueError
        If all answers are right or all are wrong, or some are graded between.

    Examples
    --------
    >>> auroc(np.array([0.9, 0.8, 0.8, 0.3]), np.array([1, 1, 0, 0]))
    0.875
    """
    return auroc_of_counts(*counts_by_level(confidence, correct))


def auroc_of_counts(rights: Shares, wrongs: Shares) -> float:
    """Return the AUROC from the right and wrong answers at each confidence.

    Parameters
    ----------
    rights, wrongs : arrays of shape (levels,)
        From ``counts_by_level``.

    Examples
    --------
    >>> auroc_of_counts(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    0.75
    """
    return float(rights @ (np.cumsum(wrongs) - 0.5 * wrongs) / (rights.sum() * wrongs.sum()))


def counts_by_level(confidence: FloatArray, correct: Answers) -> tuple[Shares, Shares]:
    """Return the number of right and of wrong answers at each distinct confidence, by rising confidence.

    All that ranks say about a sample, without the order of its items.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        As for ``auroc``.

    Raises
    ------
    ValueError
        If all answers are right or all are wrong.

    Examples
    --------
    >>> [count.tolist() for count in counts_by_level(np.array([0.9, 0.8, 0.8]), np.array([1, 1, 0]))]
    [[1.0, 1.0], [1.0, 0.0]]
    """
    right = _of_both_kinds(correct)
    # Numbers sort several times as fast as places of numbers do, so correctness goes along as the last bit: the bits
    # of floats from 0 to 1 rise with them and leave the first two free. Adding zero takes the sign off minus zero.
    keys = (confidence + confidence.dtype.type(0.0)).view(f"i{confidence.dtype.itemsize}")
    keys <<= 1
    keys |= right
    keys.sort()
    last = np.flatnonzero(np.append(keys[1:] >> 1 != keys[:-1] >> 1, True))
    items = np.diff(last, prepend=-1)
    keys &= 1
    rights = np.diff(np.cumsum(keys, dtype=np.intp)[last], prepend=0)
    return rights.astype(np.float64), (items - rights).astype(np.float64)


def placements(confidence: FloatArray, correct: Answers) -> tuple[Shares, Shares]:
    """Return how each right answer stands to the wrong ones, and each wrong answer to the right ones.

    Of a right answer the share of wrong ones with less confidence, of a wrong answer
    the share of right ones with more, ties counting half. The mean of either is the AUROC.

    Raises
    ------
    ValueError
        If all answers are right or all are wrong.

    Examples
    --------
    >>> [shares.tolist() for shares in placements(np.array([0.9, 0.8, 0.8]), np.array([1, 1, 0]))]
    [[1.0, 0.5], [0.75]]
    """
    right = _of_both_kinds(correct)
    _, level = np.unique(confidence, return_inverse=True)
    rights, wrongs = np.bincount(level, right), np.bincount(level, ~right)
    wrongs_below = np.cumsum(wrongs) - 0.5 * wrongs
    rights_above = rights.sum() - np.cumsum(rights) + 0.5 * rights
    return (wrongs_below / wrongs.sum())[level[right]], (rights_above / rights.sum())[level[~right]]


def _of_both_kinds(correct: Answers) -> npt.NDArray[np.bool_]:
    if is_graded(correct):
        raise ValueError("auroc compares right answers with wrong ones, and some of these are graded between")
    right = correct.astype(bool)
    if right.all() or not right.any():
        raise ValueError(f"auroc compares right answers with wrong ones, but all {len(right)} are of one kind")
    return right
