"""Items in groups of about equal size by rising confidence."""

from __future__ import annotations

from pytest_llmcal.metrics.binning import FloatArray, IndexArray
from pytest_llmcal.metrics.bins import make_bins


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
    >>> import numpy as np
    >>> equal_mass_groups(np.array([0.9, 0.2, 0.9, 0.3]), 2).tolist()
    [1, 0, 1, 0]
    """
    return make_bins(confidence, confidence, groups, "equal-mass").of(confidence)
