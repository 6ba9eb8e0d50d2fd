"""When to look at growing data, and what each look may cost.

A verdict that is looked for again and again errs more often than one that is looked for
once. So the error rate is shared out over looks that are fixed beforehand: by Bonferroni
a wrong verdict comes out at any of them in at most the sum of their shares. This asks for
nothing but an interval that is right at each number of items, whatever it measures, and
since nothing is decided between looks, one may stop there at any time.

Two sharper ways were measured and left out. That neighbouring looks often err together
would spare 3 to 7% of the items at most looks, and at the last one 16% at a level of 90%
and 6% at 99%, but only if what is measured is a mean. A confidence sequence by betting,
watched after every item, takes about 10% fewer items than the looks where the calibration
error is too large, 30% fewer at best, is less often decided where it is near the limit, and
knows no other metric and no upper end (``benchmarks/sequential.py``, "betting").
"""

from __future__ import annotations

import math
from typing import NamedTuple

# Chosen among growths of 1.4 to 4, last shares of 10 to 50% and powers from 0 to 1: over all shapes and levels of
# ``benchmarks/sequential.py``, these have about the least of the largest ratios to the best fixed number of items.
_GROWTH = math.sqrt(2.0)
_LAST_SHARE = 0.5
_POWER = 0.5
_FEWEST = 20


class Look(NamedTuple):
    """One look at the items so far.

    Attributes
    ----------
    items : int
        How many they are.
    share : float
        The share of the error rate that may be spent on it, at most 1.
    """

    items: int
    share: float


def looks(most: int) -> tuple[Look, ...]:
    """Return the looks at up to ``most`` items.

    Each is at 1.4 times the items of the one before, the first at 20 or a few more.
    The last one gets half of the error rate; the others share the rest in proportion to
    the root of their items (a power family of spending, Kim and DeMets 1987).

    Parameters
    ----------
    most : int
        Items at the last look, at least 1. Up to 28 items are looked at once, all together.

    Examples
    --------
    >>> [look.items for look in looks(200)]
    [25, 35, 50, 71, 100, 141, 200]
    >>> round(sum(look.share for look in looks(200)), 9)
    1.0
    """
    earlier = []
    items = most / _GROWTH
    while items >= _FEWEST:
        earlier.append(round(items))
        items /= _GROWTH
    if not earlier:
        return (Look(most, 1.0),)
    rest = (1.0 - _LAST_SHARE) / sum(count**_POWER for count in earlier)
    return (*(Look(count, rest * count**_POWER) for count in reversed(earlier)), Look(most, _LAST_SHARE))


def level(confidence: float, share: float) -> float:
    """Return the two-sided level at which a look with this share of the error rate is judged.

    Examples
    --------
    >>> level(0.95, 0.5)
    0.975
    """
    return 1.0 - (1.0 - confidence) * share
