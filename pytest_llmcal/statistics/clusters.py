"""How much less items say that come in clusters, such as questions about one passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtrit

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.statistics.interval import upper_normal_quantile

Values = npt.NDArray[np.float64]

# Beyond this many standard errors a level cannot be told from one.
_FARTHEST = 8.0
# Student's t with one degree of freedom has no variance: two clusters bound nothing.
FEWEST = 3


class Effect(NamedTuple):
    """What clustering does to an interval.

    Attributes
    ----------
    design : float
        The design effect (Kish 1965), at least 1: so many clustered items say as much as one
        independent item does.
    clusters : int or None
        Number of clusters; None if all items are independent.
    within : float
        The design effect on means over groups alone, where there are groups: how much more their noise
        adds to a squared gap. Less than the whole where clusters spread over groups.
    """

    design: float = 1.0
    clusters: int | None = None
    within: float = 1.0

    def stricter(self, level: float) -> float:
        """Return the level at which a normal is as wide as Student's t with a degree of freedom less than clusters.

        The design effect is an estimate too, and a poor one from few clusters.

        Examples
        --------
        >>> Effect().stricter(0.95), round(Effect(2.0, 10).stricter(0.95), 3)
        (0.95, 0.976)
        """
        if self.clusters is None:
            return level
        t = -float(stdtrit(max(self.clusters - 1, 1), (1.0 - level) / 2.0))
        return 1.0 - 2.0 * float(ndtr(-min(max(t, upper_normal_quantile((1.0 - level) / 2.0)), _FARTHEST)))


INDEPENDENT = Effect()


def members_of(clusters: Sequence[str] | None) -> IndexArray | None:
    """Return each item's cluster as an index, or None where no two items share one."""
    if clusters is None:
        return None
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    return None if len(names) == len(member) else member


def design_effect(residual: Values, members: IndexArray | None, group: IndexArray | None = None) -> Effect:
    r"""Return the design effect on the mean of ``residual``, and on its means over groups.

    For a mean it is the variance of the sums over clusters by that of as many independent
    items, :math:`D = \frac{G}{G - 1} \sum_g (\sum_{i \in g} r_i)^2 / \sum_i r_i^2` with r the
    residual less its mean and G the number of clusters. With groups (the bins of a
    calibration error) it is the larger of this and of the same within groups. Each is
    at least 1: that items of a cluster balance each other is never taken for granted. Where all
    residuals are equal, each cluster counts as one item.

    Parameters
    ----------
    residual : array of shape (n,)
        What is averaged, such as confidence minus correctness.
    members : array of shape (n,) or None
        From ``members_of``.
    group : array of shape (n,), optional
        Index of each item's bin.

    Examples
    --------
    >>> design_effect(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1]))
    Effect(design=4.0, clusters=2, within=1.0)
    """
    if members is None:
        return INDEPENDENT
    size = np.bincount(members)
    few = len(size) / (len(size) - 1) if len(size) > 1 else 1.0
    whole = max(1.0, _ratio(residual, members, np.zeros_like(members), few))
    within = 1.0 if group is None else max(1.0, _ratio(residual, members, group, few))
    return Effect(max(whole, within), len(size), within)


def contributions(values: Values, members: IndexArray | None) -> Values:
    """Return what each cluster adds to the mean: independent numbers whose mean is that of ``values``.

    The sum over a cluster of what its values differ from the mean, times clusters over items, added to the mean
    (the linearised ratio of sums to sizes, Cochran 1977, chapter 9).

    Examples
    --------
    >>> contributions(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1])).tolist()
    [1.0, 0.0]
    """
    if members is None:
        return values
    mean = values.mean()
    sums = np.bincount(members, values - mean)
    return np.asarray(mean + sums * len(sums) / len(values))


def _ratio(residual: Values, members: IndexArray, group: IndexArray, few: float) -> float:
    groups = int(group.max()) + 1
    count = np.bincount(group, minlength=groups)
    seen = np.maximum(count, 1)
    centred = residual - (np.bincount(group, residual, minlength=groups) / seen)[group]
    # Sums over the items that share cluster and group, weighted as the squared error weighs them.
    _, first, cell = np.unique(members * groups + group, return_index=True, return_inverse=True)
    sums = np.bincount(cell, centred)
    together = float((sums**2 / seen[group[first]]).sum())
    apart = float((centred**2 / seen[group]).sum())
    if apart <= 1e-12 * max(1.0, float(np.abs(residual).max())):
        sizes = np.bincount(cell).astype(np.float64)
        return float((sizes**2 / seen[group[first]]).sum() / np.count_nonzero(count))
    return together / apart * few
