"""The squared L2 calibration error over fixed bins: an unbiased estimate and both ends of a score interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from pytest_llmcal.metrics.bin_sums import BinSums
from pytest_llmcal.statistics.interval import upper_normal_quantile

Values = npt.NDArray[np.float64]

# Items added to the sums of squares, shared among the bins by their size: where all are right, or all
# wrong, there is a variance too. With one single bin and any true accuracy the upper end at 97.5% then errs
# in at most 2.8% of draws (exact binomial sums, n = 2 to 1000), and in up to 5.6% with a half in place of
# one. One in each bin would cost power and win nothing: lucky bins do not come together. They enter the
# variance of the estimate, never the estimate: many small bins would add up to a bias.
_PSEUDO_ITEMS = 1.0
_STEPS = 6
# How far the upper end for the L1 error follows the skewness of the estimate, from 0 to 1. Fully followed, it errs in
# up to 6.5% of draws at a tail of 2.5% where nearly all confidences are above 0.99; halfway in at most 3.2%, as often
# as without, and it holds 0.05 for a perfect model of 1,000 items in 41% of draws and not in 23%.
_FOLLOWED = 0.5


@dataclass(frozen=True)
class _Moments:
    """Estimate, and its variance ``constant + slope * x`` if the true squared error is x.

    ``scales`` holds v_b / n for each bin: under x the estimate is distributed as the
    sum of scale * (noncentral chi-square - 1).
    """

    estimate: float
    constant: float
    slope: float
    scales: Values

    def end(self, quantile: float, side: int) -> float:
        """Solve (x - estimate)^2 = quantile^2 (constant + slope x) for its upper (1) or lower (-1) root."""
        centre = self.estimate + 0.5 * quantile**2 * self.slope
        square = centre**2 - self.estimate**2 + quantile**2 * self.constant
        return centre + side * math.sqrt(max(square, 0.0))


def unbiased_estimate(sums: BinSums) -> float:
    """Return T = sum_b w_b (g_b^2 - v_b / n_b) over the bins of at least two items; it may be negative.

    With g_b the mean of c - y in the bin and v_b its sample variance (Brocker 2012;
    Kumar, Liang, Ma 2019).

    Examples
    --------
    >>> from pytest_llmcal.metrics.bin_sums import bin_sums
    >>> unbiased_estimate(bin_sums(np.array([0.5, 0.5]), np.array([1, 0]))).__round__(3)
    -0.25
    """
    many = sums.count > 1
    count, gap = sums.count[many], sums.gap[many] / sums.count[many]
    spread = (sums.squared_gap[many] - gap * gap * count) / (count - 1.0)
    return float((count * gap * gap - spread).sum() / sums.items)


def upper_end_for_l1(sums: BinSums, tail: float, estimate: float) -> float:
    """Return the upper end of the squared error whose root bounds the L1 error.

    The L1 error is at most the L2 error, and equal to it only where all gaps have one
    size. There the bins' weights and the unequal variances of their gaps drop out of
    the variance of T, so this end leaves out the two terms that ``l2_ends`` adds. T is
    skewed to the right, so it falls short of the truth by less than a normal would.

    Parameters
    ----------
    sums, tail, estimate
        As for ``l2_ends``.
    """
    moments, normal = _moments(sums, equal_gaps=True), upper_normal_quantile(tail)
    # An estimate further below zero is luck: without this the end could be zero, which no sample can show.
    moments = replace(moments, estimate=max(estimate, -math.sqrt(moments.constant)))
    high = max(0.0, moments.end(normal, 1))
    for _ in range(_STEPS):
        quantile = normal + _FOLLOWED * (_skewed_quantile(moments, high, tail, -1) - normal)
        high = max(0.0, moments.end(quantile, 1))
    return high


def l2_ends(sums: BinSums, tail: float, estimate: float) -> tuple[float, float]:
    """Return both ends of the squared L2 error.

    Each end inverts a score test: the variance is taken at the hypothesised value.
    The upper end leaves room for bins that are rare and wrong: their share of the
    items is a Poisson count, and a bin of one item has the greatest gap that it may
    have. The lower end knows only bins of at least two items. It takes the skewness of
    T into account (Pearson type III, matched to three moments) and a variance of at
    least c (1 - c), the model's own, so that a few lucky bins of confident and right
    answers do not read as an error.

    Parameters
    ----------
    sums : BinSums
        Without empty bins; where items come in clusters, as many as their design effect count as one.
    tail : float
        One-sided error rate.
    estimate : float
        From ``unbiased_estimate``. Clusters that spread over the bins make the noise of the estimate
        larger, but what noise adds to it less so: it may be that of other sums, for the upper end.
    """
    upper = replace(_moments(sums), estimate=estimate)
    alone = float((greatest_gap(sums) ** 2 * sums.count)[sums.count <= 1].sum()) / sums.items
    quantile = upper_normal_quantile(tail)
    slope = max(upper.slope, _rare_slope(tail, quantile) / sums.items)
    high = max(0.0, replace(upper, estimate=upper.estimate + alone, slope=slope).end(quantile, 1))
    moments = _moments(sums, least_variance=sums.claimed_variance / sums.count)
    low = max(0.0, moments.end(quantile, -1))
    for _ in range(_STEPS):
        low = max(0.0, moments.end(_skewed_quantile(moments, low, tail, 1), -1))
    return low, high


def _rare_slope(tail: float, quantile: float) -> float:
    """Return how fast the variance of the estimate, times n, grows with the squared error of rare bins.

    How often such a bin comes up is a Poisson count, and its gap may be as large as one:
    that makes one. For a bin that no item fell into the test then leaves room for
    quantile^2 / n; -log(tail) / n is exact, and more below a level of 92%.
    """
    return max(1.0, -math.log(tail) / quantile**2)


def greatest_gap(sums: BinSums) -> Values:
    """Return how far each bin's mean confidence can be from an accuracy between 0 and 1; no bin may be empty."""
    mean = sums.confidence / sums.count
    return np.maximum(mean, 1.0 - mean)


def _moments(sums: BinSums, *, equal_gaps: bool = False, least_variance: Values | None = None) -> _Moments:
    many = sums.count > 1
    n, count = sums.count.sum(), sums.count[many]
    gap = sums.gap[many] / count
    square = gap * gap
    pseudo = _PSEUDO_ITEMS * count / n
    variance = (sums.squared_gap[many] - square * count + pseudo) / (count - 1.0 + 2.0 * pseudo)
    if least_variance is not None:
        variance = np.maximum(variance, least_variance[many])
    weight = count / n
    error = float((weight * square).sum())
    constant = float((2.0 * weight**2 * variance**2 / (count * (count - 1.0))).sum())
    slope = float((weight * variance).sum())
    if not equal_gaps:
        # Bins with large gaps may be the noisy ones, and the bins' weights are estimates as well.
        slope = max(slope, float((weight * variance * square).sum()) / max(error, 1e-300))
        constant += max(float((weight * square**2).sum()) - error**2, 0.0) / float(n)
    estimate = unbiased_estimate(sums)
    return _Moments(estimate, constant, 4.0 * slope / float(n), variance / n)


def _skewed_quantile(moments: _Moments, squared_error: float, tail: float, side: int) -> float:
    """Return how far the upper (1) or lower (-1) quantile of the standardised T is from zero, if the truth is this."""
    variance = moments.constant + moments.slope * squared_error
    cubes = float((moments.scales**3).sum())
    if not variance > 0.0 or cubes == 0.0:
        return upper_normal_quantile(tail)
    third = 8.0 * cubes * (1.0 + 3.0 * squared_error / float(moments.scales.sum()))
    # 2 sqrt 2 is the skewness of a chi-square with one degree of freedom; below 0.01 the gamma is a normal.
    skewness = min(max(third / math.pow(variance, 1.5), 0.01), 2.0 * math.sqrt(2.0))
    shape = 4.0 / skewness**2
    return side * (float(gammaincinv(shape, 1.0 - tail if side > 0 else tail)) - shape) / math.sqrt(shape)
