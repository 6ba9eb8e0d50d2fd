"""Ways to judge a calibration error that the product does not use, to be measured beside its own.

Each takes what was drawn and gives the ends of an interval for every level asked for.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.metrics.binning import uniform_bins

Values = npt.NDArray[np.float64]

REPLICATES = 400


def score_interval(sums: BinSums, confidence: float) -> tuple[float, float]:
    """Return the root of both ends of the plain score interval of the squared error.

    Both ends x solve (x - T)^2 = z^2 (A + B x), with T the unbiased squared error, A = sum 2 w_b^2 v_b^2 /
    (n_b (n_b - 1)) and B = 4 sum(w_b v_b) / n: no correction for skewness, rare bins or unequal gaps.
    """
    many = sums.count > 1
    count, n = sums.count[many], sums.count.sum()
    if not len(count):
        return 0.0, 1.0
    gap = sums.gap[many] / count
    variance = (sums.squared_gap[many] - gap**2 * count) / (count - 1.0)
    weight = count / n
    estimate = float((weight * (gap**2 - variance / count)).sum())
    constant = float((2.0 * weight**2 * variance**2 / (count * (count - 1.0))).sum())
    slope = 4.0 * float((weight * variance).sum()) / n
    z = -float(ndtri((1.0 - confidence) / 2.0))
    centre = estimate + 0.5 * z * z * slope
    reach = math.sqrt(max(centre**2 - estimate**2 + z * z * constant, 0.0))
    low, high = math.sqrt(max(centre - reach, 0.0)), math.sqrt(max(centre + reach, 0.0))
    return min(low, 1.0), min(high, 1.0)


def bootstrap(
    generator: np.random.Generator, c: Values, correct: npt.NDArray[np.bool_], bins: int, levels: tuple[float, ...]
) -> list[tuple[float, float]]:
    """Return percentile intervals of the plug-in error: items drawn again with replacement."""
    index, gap, n = uniform_bins(c, bins), c - correct, len(c)
    errors = np.empty(REPLICATES)
    for replicate in range(REPLICATES):
        drawn = generator.integers(n, size=n)
        errors[replicate] = np.abs(np.bincount(index[drawn], gap[drawn], minlength=bins)).sum() / n
    tails = [(1.0 - level) / 2.0 for level in levels]
    return [(float(np.quantile(errors, tail)), float(np.quantile(errors, 1.0 - tail))) for tail in tails]
