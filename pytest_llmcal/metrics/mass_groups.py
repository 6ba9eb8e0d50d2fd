"""Items in groups of about equal size by rising confidence."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.metrics.binning import FloatArray, IndexArray


def equal_mass_groups(confidence: FloatArray, groups: int) -> IndexArray:
    """Return each item's group, from 0 for the least confident, without gaps.

    Items of one confidence stay together, so the groups do not depend on the order of
    the items. Each level goes where the middle of its items falls; there are fewer
    groups than asked for where levels are few.

    Parameters
    ----------
    confidence : array of shape (n,)
        Confidences.
    groups : int
        How many groups at most.

    Examples
    --------
    >>> equal_mass_groups(np.array([0.9, 0.2, 0.9, 0.3]), 2).tolist()
    [1, 0, 1, 0]
    """
    _, level, count = np.unique(confidence, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - 0.5 * count
    group_of_level = np.floor(middle * groups / len(confidence)).astype(np.intp)
    _, without_gaps = np.unique(group_of_level, return_inverse=True)
    grouped: IndexArray = without_gaps[level]
    return grouped
