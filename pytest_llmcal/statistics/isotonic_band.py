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


def isotonic_band(
    confidence: FloatArray, at: Values, *, spread: float = 1.0, draws: int = DRAWS, seed: int = SEED
) -> tuple[Values, Values]:
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
    spread : float
        The ``dispersion`` of the answers, above 0; below 1, for graded ones, the means of groups are drawn as betas.
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
    items, generator = count.astype(np.float64), np.random.default_rng(seed)
    if spread == 1.0:
        means = generator.binomial(count, mean, size=(draws, len(count))) / items
    else:
        means = _graded(generator, mean, items / spread - 1.0, draws)
    curves = np.stack([np.interp(at, mean, rising(row, items)) for row in means])
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    return low, high


def _graded(generator: np.random.Generator, mean: Values, size: Values, draws: int) -> Values:
    """Draw betas of these means with the variances mean (1 - mean) / (size + 1)."""
    drawn = np.tile(mean, (draws, 1))
    varies = (mean > 0.0) & (mean < 1.0)
    m, s = mean[varies], size[varies]
    drawn[:, varies] = generator.beta(m * s, (1.0 - m) * s, size=(draws, len(m)))
    return drawn
