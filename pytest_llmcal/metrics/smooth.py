"""Calibration error smoothed by a Gaussian kernel that is reflected at 0 and 1, on a grid of confidences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import dct
from scipy.optimize import brentq

from pytest_llmcal.metrics.binning import Answers, FloatArray, chunks

Values = npt.NDArray[np.float64]

# A confidence is split between its two neighbours on the grid. This adds h^2 / 4 to the square of the bandwidth at
# most, for cells of width h: a bandwidth of 0.01 becomes one of 0.01000005.
CELLS = 1 << 14
HALVINGS = 40
# Below it an error is rounding.
_NOTHING = 1e-13


def on_grid(confidence: FloatArray, values: Values, cells: int) -> Values:
    """Return the sums of ``values`` at the ``cells + 1`` points j / cells, each split between its two neighbours.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1].
    values : array of shape (n,)
        What is summed.
    cells : int
        Number of cells of the grid.

    Examples
    --------
    >>> on_grid(np.array([0.25, 1.0]), np.array([1.0, 1.0]), 2).tolist()
    [0.5, 0.5, 1.0]
    """
    position = confidence.astype(np.float64) * cells
    left = np.minimum(position.astype(np.intp), cells - 1)
    upper = (position - left) * values
    sums = np.bincount(left, values - upper, minlength=cells + 1).astype(np.float64)
    sums[1:] += np.bincount(left, upper, minlength=cells)
    return sums


def residuals_on_grid(confidence: FloatArray, correct: Answers, cells: int = CELLS) -> Values:
    """Return the mean of c - y as masses on the grid, without copies of the whole; shape (cells + 1,)."""
    total = np.zeros(cells + 1)
    for part in chunks(len(confidence)):
        gap: Values = np.subtract(confidence[part], correct[part], dtype=np.float64)
        total += on_grid(confidence[part], gap, cells)
    return total / len(confidence)


def error_at(masses: Values, bandwidth: float | Values) -> Values:
    r"""Return :math:`\int_0^1 | \sum_j v_j K_\sigma(t, t_j) | dt` for masses v at the points t of the grid.

    The reflected Gaussian is the heat kernel of [0, 1] with closed ends, so smoothing damps the k-th cosine
    by :math:`e^{-(\pi k \sigma)^2 / 2}`: two cosine transforms, with no cut at the tails.

    Parameters
    ----------
    masses : array of shape (..., cells + 1)
        From ``residuals_on_grid``.
    bandwidth : float or array of shape (...)
        Standard deviation of the kernel, at least 0.

    Examples
    --------
    >>> masses = residuals_on_grid(np.array([0.2, 0.8]), np.array([1, 0]))
    >>> error_at(masses, 0.01).round(3), error_at(masses, 1.0).round(3)
    (np.float64(0.8), np.float64(0.006))
    """
    return _error(_cosines(masses), np.asarray(bandwidth, dtype=np.float64))


def fixed_point(masses: Values, halvings: int = HALVINGS) -> Values:
    """Return the bandwidth that equals its own error, by bisection of each row: the error falls as it grows."""
    cosines = _cosines(masses)
    low: Values = np.zeros(masses.shape[:-1])
    high = np.minimum(np.abs(masses).sum(axis=-1), 1.0)  # the error without smoothing
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        above = _error(cosines, middle) > middle
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    point: Values = 0.5 * (low + high)
    return point


def smooth_error(confidence: FloatArray, correct: Answers) -> float:
    r"""Return the SmoothECE of Blasiok, Nakkiran (2023): the :math:`\sigma` at which the smoothed error is itself.

    :math:`smECE_\sigma = \int_0^1 | \frac{1}{n} \sum_i K_\sigma(t, c_i) (c_i - y_i) | dt` with K the reflected
    Gaussian, and :math:`smECE = \sigma^*` with :math:`smECE_{\sigma^*} = \sigma^*`.

    Parameters
    ----------
    confidence : array of shape (n,)
        Floats within [0, 1]; n at least 1.
    correct : array of shape (n,)
        0 or 1, or true probabilities.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> round(smooth_error(np.full(10, 0.9), np.arange(10) < 7), 6)
    0.2
    """
    masses = residuals_on_grid(confidence, correct)
    cosines = _cosines(masses)

    def excess(bandwidth: float) -> float:
        return float(_error(cosines, np.asarray(bandwidth))) - bandwidth

    high = min(float(np.abs(masses).sum()), 1.0)  # the error without smoothing
    if high <= _NOTHING or excess(high) >= 0.0:
        return high
    return float(brentq(excess, 0.0, high, xtol=_NOTHING, rtol=4.0 * np.finfo(np.float64).eps))


def _cosines(masses: Values) -> Values:
    halved = 0.5 * masses
    halved[..., [0, -1]] *= 2.0
    cosines: Values = dct(halved, type=1, axis=-1)
    return cosines


def _error(cosines: Values, bandwidth: Values) -> Values:
    cells = cosines.shape[-1] - 1
    damping = np.exp(-0.5 * (np.pi * np.arange(cells + 1) * bandwidth[..., None]) ** 2)
    density = np.abs(dct(cosines * damping, type=1, axis=-1))
    error: Values = (density.sum(axis=-1) - 0.5 * (density[..., 0] + density[..., -1])) / cells
    return error
