"""When to look at growing data, and what each look may cost.

A verdict that is looked for again and again errs more often than one that is looked for
once. So the error rate is shared out over looks that are fixed beforehand: by Bonferroni
a wrong verdict comes out at any of them in at most the sum of their shares. This asks for
nothing but an interval that is right at each number of items, whatever it measures, and
since nothing is decided between looks, one may stop there at any time. That neighbouring
looks mostly err together is not made use of: it would need the joint distribution of what
is measured, and at looks a factor of 1.4 apart be worth less than a tenth of the items.
"""

from __future__ import annotations

import math
from typing import NamedTuple

# Chosen by ``benchmarks/sequential.py`` among growths of 1.4 to 4, last shares of 10 to 50% and powers from 0 to 1:
# the largest ratio to the best fixed number of items, over all shapes and levels, is least about here.
GROWTH = math.sqrt(2.0)
LAST_SHARE = 0.5
POWER = 0.5
FEWEST = 20


class Look(NamedTuple):
    """One look at the items so far.

    Attributes
    ----------
    items : int
        How many they are.
    share : float
        The share of the error rate that may be spent on it, at most 1.
    last : bool
        Whether no other look follows.
    """

    items: int
    share: float
    last: bool


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
    items = most / GROWTH
    while items >= FEWEST:
        earlier.append(round(items))
        items /= GROWTH
    if not earlier:
        return (Look(most, 1.0, last=True),)
    weights = [count**POWER for count in reversed(earlier)]
    rest = (1.0 - LAST_SHARE) / sum(weights)
    first = [Look(count, rest * weight, last=False) for count, weight in zip(reversed(earlier), weights, strict=True)]
    return (*first, Look(most, LAST_SHARE, last=True))


def level(confidence: float, share: float) -> float:
    """Return the two-sided level at which a look with this share of the error rate is judged.

    Examples
    --------
    >>> level(0.95, 0.5)
    0.975
    """
    return 1.0 - (1.0 - confidence) * share
