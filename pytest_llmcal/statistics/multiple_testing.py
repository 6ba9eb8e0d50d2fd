"""Many verdicts that share one error rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def step_down(p_values: Values, shares: Values, level: float) -> npt.NDArray[np.bool_]:
    """Tell which hypotheses Holm's weighted step-down procedure rejects.

    By rising p-value over share, each is rejected while its p-value is at most ``level`` times its
    share of what the shares of those rejected before leave (Holm 1979). Any error among all has a
    probability of at most ``level``, however they depend on each other. Shares that add up to less than
    one leave the rest to hypotheses that were not asked.

    Parameters
    ----------
    p_values, shares : arrays of shape (hypotheses,)
        Each from 0 to 1; shares above 0, adding up to at most 1.
    level : float
        Error rate of all together.

    Examples
    --------
    >>> p_values = np.array([0.001, 0.014, 0.4, 0.02])
    >>> step_down(p_values, np.full(4, 0.25), 0.05).tolist()
    [True, True, False, True]
    """
    rejected = np.zeros(len(p_values), dtype=np.bool_)
    left = 1.0
    for place in np.argsort(p_values / shares, kind="stable"):
        if p_values[place] > level * shares[place] / left:
            break
        rejected[place] = True
        left = max(left - shares[place], shares[place])
    return rejected
