"""How well confidence puts right answers above wrong ones."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.metrics.binning import Answers, FloatArray


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
        Any ordered numbers without NaN.
    correct : array of shape (n,)
        0 or 1, both of them present.

    Raises
    ------
    ValueError
        If all answers are right or all are wrong.

    Examples
    --------
    >>> auroc(np.array([0.9, 0.8, 0.8, 0.3]), np.array([1, 1, 0, 0]))
    0.875
    """
    right = correct.astype(bool)
    if right.all() or not right.any():
        raise ValueError(f"auroc compares right answers with wrong ones, but all {len(right)} are of one kind")
    _, level = np.unique(confidence, return_inverse=True)
    rights = np.bincount(level, right)
    wrongs = np.bincount(level, ~right)
    below = np.cumsum(wrongs) - wrongs
    return float((rights * (below + 0.5 * wrongs)).sum() / (rights.sum() * wrongs.sum()))
