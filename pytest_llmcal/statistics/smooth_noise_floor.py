"""What a perfectly calibrated model with the same confidences would show of SmoothECE."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.metrics.smooth import fixed_point
from pytest_llmcal.statistics.grid_sums import GridSums
from pytest_llmcal.statistics.noise_floor import EXACT_UP_TO, SEED

DRAWS = 250
# The floor of so many items is wider than two such cells.
_FEW, _CELLS_FOR_FEW = 20_000.0, 1 << 8
_HALVINGS = 12

Values = npt.NDArray[np.float64]


def smooth_noise_floor(confidence: FloatArray, sums: GridSums, *, graded: bool = False) -> tuple[float, float]:
    """Return mean and 95th percentile of the SmoothECE that chance alone gives.

    Correctness is redrawn from the confidences from a fixed seed, each confidence taken to the nearest point of the
    grid. Above 2,000 items, or where several count as one, the residuals of each point are drawn as a normal.

    Parameters
    ----------
    confidence : array of shape (n,)
        Confidences, in any order.
    sums : GridSums
        Their sums.
    graded : bool
        As for ``noise_floor``.

    Examples
    --------
    >>> from pytest_llmcal.statistics.grid_sums import grid_sums
    >>> certain = np.ones(100)
    >>> smooth_noise_floor(certain, grid_sums(certain, certain))
    (0.0, 0.0)
    """
    exact = len(confidence) <= EXACT_UP_TO and round(sums.whole.items, 6) == len(confidence) and not graded
    drawn = _redrawn(confidence) if exact else _normal(sums)
    errors = fixed_point(drawn / sums.whole.items, halvings=_HALVINGS)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def _redrawn(confidence: FloatArray) -> Values:
    ordered = np.sort(confidence).astype(np.float64)  # the same draws whatever the order of the rows
    points = _CELLS_FOR_FEW + 1
    place = np.round(ordered * _CELLS_FOR_FEW).astype(np.intp)
    residual = ordered - (np.random.default_rng(SEED).random((DRAWS, len(ordered))) < ordered)
    cell = place + points * np.arange(DRAWS)[:, None]
    sums = np.bincount(cell.ravel(), residual.ravel(), minlength=DRAWS * points).astype(np.float64)
    return sums.reshape(DRAWS, points)


def _normal(sums: GridSums) -> Values:
    if sums.whole.items <= _FEW:
        sums = sums.coarser(_CELLS_FOR_FEW)
    noise = np.random.default_rng(SEED).standard_normal((DRAWS, len(sums.count)))
    normal: Values = noise * np.sqrt(sums.claimed_variance)
    return normal
