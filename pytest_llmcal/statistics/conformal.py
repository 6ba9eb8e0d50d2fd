"""The threshold of split conformal prediction: how strange an answer may be and still belong into the set."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import IndexArray

# Sums of as many weights as there are items are known no better.
_ROUNDING = 1e-9


def conformal_threshold(
    strangeness: npt.NDArray[np.float64], coverage: float, members: IndexArray | None = None
) -> float:
    r"""Return the :math:`\lceil (n + 1) c \rceil`-th smallest of n scores for the coverage c; infinite if beyond n.

    The score of a further item exchangeable with these is at most that in a share c of draws, and in at most
    c + 1 / (n + 1) where no two scores are equal (Vovk, Gammerman, Shafer 2005; Lei et al. 2018). With clusters the
    further item is one, drawn at random, of a further cluster: each item weighs one over the size of its cluster
    times G + 1 for G clusters, and the rest of the weight lies at infinity (Lee, Barber, Willett 2023).

    Parameters
    ----------
    strangeness : array of shape (n,)
        Of the right answers.
    coverage : float
        Between 0 and 1.
    members : array of shape (n,), optional
        Each item's cluster as an index.

    Examples
    --------
    >>> conformal_threshold(np.arange(1.0, 20.0), 0.9)
    18.0
    >>> conformal_threshold(np.arange(1.0, 9.0), 0.9)
    inf
    """
    order = np.argsort(strangeness, kind="stable")
    if members is None:
        weight = np.full(len(order), 1.0 / (len(order) + 1))
    else:
        size = np.bincount(members)
        weight = 1.0 / ((len(size) + 1) * size[members[order]])
    reached = np.cumsum(weight) >= coverage - _ROUNDING
    return float(strangeness[order[reached.argmax()]]) if reached.any() else float("inf")
