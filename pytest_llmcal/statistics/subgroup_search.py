"""A search for the part of the items that looks worst calibrated, and a test of it on other items."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values

Mask = npt.NDArray[np.bool_]


class Subgroup(NamedTuple):
    """Items that share a member of each of some attributes, within a range of confidence.

    Attributes
    ----------
    members : mapping of str to str
        Attribute and member; empty for all items.
    first, last : int
        Bins of confidence, both included.
    """

    members: Mapping[str, str]
    first: int
    last: int


class Search(NamedTuple):
    """What a search found.

    Attributes
    ----------
    subgroup : Subgroup
        That with the strongest evidence.
    z : float
        Sum of confidence less correctness by its standard deviation, were the model calibrated.
    looked_at : int
        How many subgroups were looked at.
    """

    subgroup: Subgroup
    z: float
    looked_at: int


def intersections(
    attributes: Mapping[str, npt.NDArray[np.str_]], depth: int, enough: Sequence[Mask], least: int
) -> Iterator[tuple[Mapping[str, str], Mask]]:
    """Give all items, then each group, then each intersection of up to ``depth`` attributes, with its items.

    Parameters
    ----------
    attributes : mapping of str to array of shape (n,)
        Members by attribute.
    depth : int
        Most attributes of one intersection.
    enough : sequence of masks of shape (n,)
        Parts of the items in each of which an intersection has at least ``least``.
    least : int
        Smaller ones are passed over, and so are those inside them.

    Examples
    --------
    >>> regions, everybody = np.array(["n", "n", "s"]), np.ones(3, bool)
    >>> [members for members, _ in intersections({"region": regions}, 1, [everybody], 2)]
    [{}, {'region': 'n'}]
    """
    yield {}, np.ones(len(enough[0]), np.bool_)
    for size in range(1, depth + 1):
        for chosen in combinations(attributes, size):
            yield from _crossed({name: attributes[name] for name in chosen}, enough, least)


def strongest(
    gap: Values,
    claimed_variance: Values,
    bins: IndexArray,
    groups: Iterator[tuple[Mapping[str, str], Mask]],
    halves: tuple[Mask, Mask],
    least: int,
) -> Search:
    """Find the subgroup whose gaps on the first half are least like those of a calibrated model.

    Which subgroups are large enough is asked of both halves; what was right, of the first alone.

    Parameters
    ----------
    gap, claimed_variance : arrays of shape (n,)
        Confidence c less correctness, and c (1 - c).
    bins : array of shape (n,)
        Bin of each item's confidence, by rising confidence. Each range of neighbouring bins is looked at.
    groups : iterator
        From ``intersections``; the first one, all items, is looked at however few they are.
    halves : two masks of shape (n,)
        The half that is searched, and the other.
    least : int
        Fewest items of a subgroup in each half.

    Examples
    --------
    >>> region = np.array(["n", "s"] * 40)
    >>> gap = np.where(region == "n", 0.3, 0.0)
    >>> first = np.arange(80) < 40
    >>> found = strongest(gap, np.full(80, 0.2), np.zeros(80, int), intersections({"region": region}, 1,
    ...     [first, ~first], 10), (first, ~first), 10)
    >>> dict(found.subgroup.members), round(found.z, 2), found.looked_at
    ({'region': 'n'}, 2.68, 3)
    """
    size, best, looked_at = int(bins.max()) + 1, Search(Subgroup({}, 0, int(bins.max())), 0.0, 0), 0
    searched, other = halves
    for members, mask in groups:
        here, there = mask & searched, mask & other
        gaps, variances, seen, kept = (
            np.concatenate([[0.0], np.bincount(bins[rows], weights, size).cumsum()])
            for rows, weights in ((here, gap[here]), (here, claimed_variance[here]), (here, None), (there, None))
        )
        for first, last in ((i, j) for i in range(size) for j in range(i, size)):
            is_all = not members and (first, last) == (0, size - 1)
            if not is_all and min(seen[last + 1] - seen[first], kept[last + 1] - kept[first]) < least:
                continue
            looked_at += 1
            # An item is added to the variance: a surprise at a confidence near one would weigh without bound.
            z = (gaps[last + 1] - gaps[first]) / math.sqrt(variances[last + 1] - variances[first] + 1.0)
            if abs(z) > abs(best.z):
                best = Search(Subgroup(members, first, last), float(z), 0)
    return best._replace(looked_at=looked_at)


def total(sign: float, confidence: Values) -> Statistic:
    """Return the signed sum of the gaps, by its standard deviation were the model calibrated, tested on one side.

    Parameters
    ----------
    sign : float
        1 where confidence is expected above accuracy, -1 where below.
    confidence : array of shape (n,)
        Of the items.

    Examples
    --------
    >>> total(1.0, np.array([0.8, 0.8])).of(np.array([[0.8, 0.8], [-0.2, -0.2]])).round(2).tolist()
    [2.83, -0.71]
    """
    spread = math.sqrt(float((confidence * (1.0 - confidence)).sum())) or 1.0
    return Statistic(lambda rows: np.asarray(sign * rows.sum(axis=1) / spread), lambda z: float(ndtr(-z)))


def _crossed(
    chosen: Mapping[str, npt.NDArray[np.str_]], enough: Sequence[Mask], least: int
) -> Iterator[tuple[Mapping[str, str], Mask]]:
    name, *others = chosen
    rest = {other: chosen[other] for other in others}
    for member in np.unique(chosen[name]):
        mask = chosen[name] == member
        parts = [mask & part for part in enough]
        if min(int(part.sum()) for part in parts) < least:
            continue
        inside = _crossed(rest, parts, least) if rest else iter([({}, mask)])
        yield from (({name: str(member), **more}, mask & within) for more, within in inside)
