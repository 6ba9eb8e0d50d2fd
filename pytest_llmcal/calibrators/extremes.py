"""What becomes of bins and pools that were always right, or never: exact ones and zeros claim too much."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from pytest_llmcal.calibrators.confidence_maps import Doubles
from pytest_llmcal.calibrators.levels import Levels

Extremes = Literal["shrunk", "raw"]
EXTREMES: tuple[Extremes, ...] = ("shrunk", "raw")


def accuracy_of(bins: Levels, extremes: Extremes) -> Doubles:
    """Return each bin's share of right answers; ``"shrunk"``: zero becomes 0.5 / (n + 1), one (n + 0.5) / (n + 1).

    That is Krichevsky and Trofimov's (1981) estimate, the mean under Jeffreys' prior. Other shares stay.

    Examples
    --------
    >>> bins = Levels.of(np.array([0.2, 0.2, 0.9]), np.array([True, False, True]))
    >>> accuracy_of(bins, "raw").tolist(), accuracy_of(bins, "shrunk").tolist()
    ([0.5, 1.0], [0.5, 0.75])
    """
    extreme = (bins.right == 0.0) | (bins.right == bins.count)
    if extremes == "raw" or not extreme.any():
        return bins.accuracy
    return np.where(extreme, (bins.right + 0.5) / (bins.count + 1.0), bins.accuracy)


def isotonic_pools(levels: Levels, extremes: Extremes) -> Levels:
    """Return the pools of isotonic regression; ``"shrunk"``: none was always right, or never.

    Where the lowest pool was never right, its lowest confidence gets one more item, half right, and likewise
    the highest confidence of a highest pool that was always right; then violators are pooled once more, so
    that the shares still rise. A pool of n items becomes 0.5 / (n + 1) or (n + 0.5) / (n + 1), or is
    pooled with its neighbour where that is less sure.

    Examples
    --------
    >>> levels = Levels.of(np.array([0.2, 0.6, 0.8, 0.9]), np.array([True, False, True, True]))
    >>> isotonic_pools(levels, "shrunk").accuracy.round(4).tolist()
    [0.5, 0.8333]
    """
    pools = levels.isotonic()
    ends = [0] if pools.right[0] == 0.0 else []
    if pools.right[-1] == pools.count[-1]:
        ends.append(-1)
    if extremes == "raw" or not ends:
        return pools
    total, count, right = (column.copy() for column in (levels.total, levels.count, levels.right))
    for at in ends:
        total[at] += levels.lowest[at]
        count[at] += 1.0
        right[at] += 0.5
    return replace(levels, total=total, count=count, right=right).isotonic()
