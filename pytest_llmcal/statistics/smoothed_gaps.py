r"""Both ends of an L1 error of smoothed gaps, :math:`\int |d(t)| \mu(dt)`.

A smoothed gap is linear in what is noisy, :math:`\hat d = W x`: each point t takes the weighted mean of what
the items near it show. What ``sign_witness`` and ``squared_error`` do for bins is done here for such weights.

*Lower end.* At each point give each item the sign that the weighted sum of those before it has, in random order, and
average over all orders: :math:`s (|z| - m(|z|))` with s the standard error of the gap, z = d / s and m the Mills
ratio is at most the error in expectation. An item adds the same to the noise of all points together whatever the
signs are: at most its residual times its total weight.

*Upper end.* The L1 error is at most the L2 error, whose square has an estimate T without bias (no item is
multiplied by itself) and a score interval: the variance of T is taken at the squared error asked about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pytest_llmcal.statistics.interval import upper_normal_quantile
from pytest_llmcal.statistics.sign_witness import mills_ratio

Values = npt.NDArray[np.float64]

# As in ``sign_witness``: at which share of the tail a witness must be significant for a perfect model before it says
# anything, a sign for each point and one sign for all, and the share at which the latter then speaks.
_GATE_SIGNS, _GATE_ONE_SIGN, _TAIL_ONE_SIGN = 0.4, 0.3, 0.9


@dataclass(frozen=True, eq=False)
class SmoothedGaps:
    """Gaps at points, and how noise reaches them.

    Attributes
    ----------
    gap : array of shape (points,)
        The smoothed gap d at each point.
    share : array of shape (points,)
        Weight of each point in the error; sums to one at most.
    weights : array of shape (points, sources)
        How much of each source's noise reaches each point.
    noise : array of shape (sources,)
        Sum of squared residuals of each source, which may be an item or all items of one confidence.
    greatest : array of shape (sources,)
        The same, but at least what the model itself claims.
    unseen : array of shape (sources,)
        Variance added to each for what no residual shows.
    itself : array of shape (points,)
        The part of the squared gap where an item is multiplied by itself.
    paired : array of shape (points,)
        Share of the total squared weight that is of two different items, above 0.
    scatter : float
        Variance of the L1 error that comes from which points there are; 0 where the noise has it already.
    """

    gap: Values
    share: Values
    weights: Values
    noise: Values
    greatest: Values
    unseen: Values
    itself: Values
    paired: Values
    scatter: float = 0.0

    def error(self) -> float:
        """Return the L1 error as it shows; shares and weights may sum to a rounding more than one."""
        return min(1.0, float(self.share @ np.abs(self.gap)))

    def lower_end(self, tail: float) -> float:
        """Return a lower end of the L1 error, wrong with probability of at most ``tail``."""
        error = np.sqrt(self.weights**2 @ self.greatest)
        known = error > 0.0
        z = np.abs(self.gap[known]) / error[known]
        witnessed = float(self.share[known] @ (error[known] * (z - mills_ratio(z))))
        witnessed += float(self.share[~known] @ np.abs(self.gap[~known]))
        spread = self._spread()
        if witnessed <= upper_normal_quantile(_GATE_SIGNS * tail) * spread:
            return 0.0
        return min(max(0.0, witnessed - upper_normal_quantile(tail) * spread), 1.0)

    def one_sign_end(self, tail: float) -> float:
        """Return the lower end that has one sign for all points: it sees what the gaps have in common."""
        witnessed, spread = abs(float(self.share @ self.gap)), self._spread()
        if witnessed <= upper_normal_quantile(_GATE_ONE_SIGN * tail) * spread:
            return 0.0
        return min(max(0.0, witnessed - upper_normal_quantile(_TAIL_ONE_SIGN * tail) * spread), 1.0)

    def squared_error(self) -> float:
        """Return the estimate of the squared L2 error without bias; it may be negative."""
        return float(self.share @ ((self.gap**2 - self.itself) / self.paired))

    def upper_end(self, tail: float) -> float:
        """Return an upper end of the L1 error, wrong with probability of at most ``tail``."""
        estimate, quantile = self.squared_error(), upper_normal_quantile(tail)
        variance = self.noise + self.unseen
        constant = 2.0 * float(variance @ (self._pairs @ variance))
        slope = 4.0 * (float(self._reach() ** 2 @ variance) + self.scatter)
        centre = estimate + 0.5 * quantile**2 * slope
        square = centre**2 - estimate**2 + quantile**2 * constant
        return math.sqrt(max(0.0, centre + math.sqrt(max(square, 0.0))))

    @cached_property
    def _pairs(self) -> Values:
        """Return the squares of how much any two sources add together."""
        together: Values = (self.weights.T @ (self.share[:, None] * self.weights)) ** 2
        return together

    def _spread(self) -> float:
        """Return the standard error of the error where the signs of the gaps are given."""
        return math.sqrt(float(self._reach() ** 2 @ (self.greatest + self.unseen)) + self.scatter)

    def _reach(self) -> Values:
        """Return how much of each source's noise reaches the error where all gaps have one sign."""
        reach: Values = self.share @ self.weights
        return reach
