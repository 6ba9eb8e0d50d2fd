"""Where the isotonic curve of a perfectly calibrated model lies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.metrics.isotonic import rising
from pytest_llmcal.metrics.mass_groups import equal_mass_groups

Values = npt.NDArray[np.float64]

DRAWS = 1000
SEED = 20210220
# Beyond so many groups of confidences the curve of a draw hardly changes, only takes time.
_MOST_GROUPS = 500


def isotonic_band(confidence: FloatArray, at: Values, *, draws: int = DRAWS, seed: int = SEED) -> tuple[Values, Values]:
    """Return where the isotonic curve lies at given confidences in 95 of 100 draws, if the model is calibrated.

    The consistency band of the CORP reliability diagram (Dimitriadis, Gneiting, Jordan 2021): answers are
    drawn anew from the confidences, the curve is fitted to each draw, and the 2.5% and 97.5%
    quantiles are taken at each confidence by itself. More than 500 distinct confidences are first put into so
    many groups of equal mass: then time and memory do not grow with the items.

    Parameters
    ----------
    confidence : array of shape (n,)
        Confidences.
    at : array of shape (m,)
        Where the band is asked for; between groups it is straight.
    draws, seed : int
        How many draws, and the seed of the generator that makes them.

    Examples
    --------
    >>> low, high = isotonic_band(np.full(100, 0.5), np.array([0.5]))
    >>> low.round(1).tolist(), high.round(1).tolist()
    ([0.4], [0.6])
    """
    group = equal_mass_groups(confidence, min(len(confidence), _MOST_GROUPS))
    count = np.bincount(group)
    mean = np.clip(np.bincount(group, confidence.astype(np.float64)) / count, 0.0, 1.0)
    right = np.random.default_rng(seed).binomial(count, mean, size=(draws, len(count)))
    items = count.astype(np.float64)
    curves = np.stack([np.interp(at, mean, rising(row / items, items)) for row in right])
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    return low, high
