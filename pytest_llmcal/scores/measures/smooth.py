"""Calibration errors of the answer without bins: smoothed by a kernel."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import Measurement, NoiseFloor
from pytest_llmcal.metrics import density_error, kernel_error
from pytest_llmcal.metrics.binning import IndexArray, uniform_bins
from pytest_llmcal.metrics.graded import dispersion
from pytest_llmcal.metrics.smooth import smooth_error
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.statistics.clusters import Effect, design_effect, members_of
from pytest_llmcal.statistics.density_error_interval import density_error_interval, density_gaps, density_noise_floor
from pytest_llmcal.statistics.grid_sums import GridSums, grid_sums
from pytest_llmcal.statistics.kernel_error_interval import kernel_error_interval
from pytest_llmcal.statistics.smooth_error_interval import best_guess, smooth_error_interval
from pytest_llmcal.statistics.smooth_noise_floor import smooth_noise_floor

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

SEED = 20240301
_GREATEST_BANDWIDTH = 10.0


def smooth_ece(self: Scores, *, confidence: float | None = None) -> Measurement:
    r"""Measure SmoothECE, the calibration error smoothed by a Gaussian kernel: no bins to choose.

    At bandwidth :math:`\sigma` it is :math:`\int_0^1 | E K_\sigma(t, C) (C - Y) | dt` with K the Gaussian reflected at
    0 and 1; the bandwidth is the one that equals its own error (Blasiok, Nakkiran 2023). The interval is about this
    number of all the answers that the model could give, whose bandwidth is its own and not that of the items; its upper
    end is never below 0.0039.

    Parameters
    ----------
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Returns
    -------
    Measurement
        The estimate, biased upward for few items: see its ``noise_floor``.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 10 + [0.6] * 10, [1] * 8 + [0] * 2 + [1] * 6 + [0] * 4)
    >>> round(float(scores.smooth_ece()), 3)
    0.05
    """
    index = np.arange(len(self))
    effect = _effect(self, index)
    sums = grid_sums(self.confidence, self.correct)
    estimate = smooth_error(self.confidence, self.correct)
    independent, noisy = sums.per(effect.design), sums.per(effect.within)
    truth = _truth(self)
    return measured(
        self,
        "smooth_ece",
        estimate,
        lambda level: smooth_error_interval(independent, level),
        confidence,
        "reflected Gaussian of a bandwidth equal to the error; of the error of all answers at fixed bandwidths the "
        "upper end is a score interval of its square, the lower end a sign witness",
        effect=effect,
        debiased=best_guess(noisy, estimate),
        noise_floor=NoiseFloor(*smooth_noise_floor(self.confidence, noisy, graded=self.is_graded)),
        exact=None if truth is None else smooth_error(self.confidence, truth),
    )


def skce(self: Scores, *, bandwidth: float = 0.1, confidence: float | None = None) -> Measurement:
    r"""Measure the squared kernel calibration error without bias; chance may carry it below zero.

    :math:`E k(C, C') (C - Y) (C' - Y')` over two answers, with :math:`k(c, c') = e^{-|c - c'| / \ell}` (Widmann,
    Lindsten, Zachariah 2019). It is zero only for a calibrated model. All pairs of items are used whatever their
    number: for this kernel they need one sort. Numbers of different bandwidths cannot be compared.

    Parameters
    ----------
    bandwidth : float
        The kernel's :math:`\ell`, from 0.002 to 10.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Raises
    ------
    ScoresError
        If there is one item only, or the bandwidth is out of range.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 100, [1] * 70 + [0] * 30)
    >>> round(float(scores.skce()), 3)
    0.038
    """
    if not (isinstance(bandwidth, Real) and kernel_error.LEAST_BANDWIDTH <= bandwidth <= _GREATEST_BANDWIDTH):
        least = kernel_error.LEAST_BANDWIDTH
        raise ScoresError(f"bandwidth must lie between {least:g} and {_GREATEST_BANDWIDTH:g}, got {bandwidth!r}")
    _two_items(self, "skce")
    effect = _effect(self, np.arange(len(self)))
    sums = grid_sums(self.confidence, self.correct)
    estimate = _less_of_clusters(kernel_error.skce(self.confidence, self.correct, bandwidth), sums, effect.within)
    independent, truth = sums.per(effect.design), _truth(self)
    return measured(
        self,
        "skce",
        estimate,
        lambda level: kernel_error_interval(independent, estimate, bandwidth, level),
        confidence,
        f"unbiased over all pairs of items, Laplacian kernel of bandwidth {bandwidth:g}; score interval",
        effect=effect,
        exact=None if truth is None else kernel_error.skce(self.confidence, truth, bandwidth),
    )


def kde_ece(
    self: Scores, *, bandwidth: float | None = None, items: int = 1000, confidence: float | None = None
) -> Measurement:
    """Measure the L1 calibration error with accuracies from a kernel density ratio, each item left out of its own.

    Beta kernels (Popordanoska, Sayer, Blaschko 2022). The interval is about the same error of all the answers that
    the model could give, smoothed by the bandwidth at hand: a wide one shows a gap even for a perfect model.

    Parameters
    ----------
    bandwidth : float, optional
        Of the kernel, above 0; by default the one, of twenty, under which the confidences are likeliest.
    items : int
        Time grows with the square of their number; of more items than this so many are drawn, by a fixed seed
        and whatever the order of the rows.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Returns
    -------
    Measurement
        The estimate, biased upward for few items: see its ``noise_floor``.

    Raises
    ------
    ScoresError
        If there is one item only, or an argument is out of range.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 100, [1] * 70 + [0] * 30)
    >>> round(float(scores.kde_ece()), 3)
    0.2
    """
    if isinstance(items, bool) or not isinstance(items, (int, np.integer)) or items < 2:
        raise ScoresError(f"items must be a whole number of at least two, got {items!r}")
    if bandwidth is not None and not (isinstance(bandwidth, Real) and 0.0 < bandwidth < math.inf):
        raise ScoresError(f"bandwidth must be a number above 0, got {bandwidth!r}")
    _two_items(self, "kde_ece")
    drawn = _drawn(self, items)
    chosen, right = self.confidence[drawn], self.correct[drawn]
    width = density_error.best_bandwidth(chosen) if bandwidth is None else bandwidth
    effect, truth = _effect(self, drawn), _truth(self)
    weights = density_error.leave_one_out_weights(chosen, width)
    gaps = density_gaps(chosen, right, weights, effect.design)
    estimate = gaps.error()
    of_how_many = f" on {len(drawn)} of {len(self)} items, drawn at random" if len(drawn) < len(self) else ""
    return measured(
        self,
        "kde_ece",
        estimate,
        lambda level: density_error_interval(gaps, chosen, level, effect.design),
        confidence,
        f"Beta kernels of bandwidth {width:.3g}{of_how_many}; for that bandwidth, upper end: score interval of the "
        "squared error, lower end: sign witness, both rather too wide than too narrow",
        effect=effect,
        debiased=min(estimate, math.sqrt(max(gaps.squared_error(), 0.0))),
        noise_floor=NoiseFloor(
            *density_noise_floor(chosen, weights, effect.within, dispersion(chosen, right) if self.is_graded else None)
        ),
        exact=None if truth is None else density_error.density_error(chosen, truth[drawn], width),
    )


def _two_items(scores: Scores, metric: str) -> None:
    if len(scores) < 2:
        raise ScoresError(f"{metric} compares items with each other, and there is one item only")


def _truth(scores: Scores) -> np.ndarray | None:
    return scores.choices.true_accuracy() if scores.choices else None


def _drawn(scores: Scores, items: int) -> IndexArray:
    """Return which items are looked at, ascending in confidence, whatever the order of the rows."""
    members = members_of(scores.clusters)
    keys = (scores.correct, scores.confidence) if members is None else (members, scores.correct, scores.confidence)
    order = np.lexsort(keys)
    if len(order) <= items:
        return order
    return order[np.sort(np.random.default_rng(SEED).choice(len(order), items, replace=False))]


def _effect(scores: Scores, index: IndexArray) -> Effect:
    """Return what clusters do to these items; bins stand for what is smoothed together."""
    members = members_of(scores.clusters)
    if members is None:
        return Effect()
    c = scores.confidence[index]
    gap = np.subtract(c, scores.correct[index], dtype=np.float64)
    return design_effect(gap, np.unique(members[index], return_inverse=True)[1], uniform_bins(c))


def _less_of_clusters(estimate: float, sums: GridSums, within: float) -> float:
    """Take off what pairs of items of one cluster add, by the design effect."""
    if within == 1.0:
        return estimate
    n, square = sums.whole.items, float(sums.whole.squared_gap.sum()) / sums.whole.items
    of_all_pairs = (estimate * (n - 1.0) + square) / n
    return min(1.0, max(-1.0, (of_all_pairs - within * square / n) / max(1.0 - within / n, 0.5)))
