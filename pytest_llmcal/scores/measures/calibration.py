"""Calibration errors of the answer, over bins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from pytest_llmcal.measurement import Bin, Measurement, NoiseFloor
from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.bins import Binning, Bins, make_bins
from pytest_llmcal.metrics.calibration_error import calibration_error, combine_gaps
from pytest_llmcal.metrics.debiased import debiased_l1
from pytest_llmcal.metrics.graded import dispersion_of_groups
from pytest_llmcal.scores.curve import curve_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.validation import checked_binning, checked_bins
from pytest_llmcal.statistics import calibration_error_interval
from pytest_llmcal.statistics.clusters import INDEPENDENT, Effect, design_effect, members_of
from pytest_llmcal.statistics.largest_gap import largest_gap_interval
from pytest_llmcal.statistics.noise_floor import noise_floor
from pytest_llmcal.statistics.squared_error import unbiased_estimate

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_INTERVAL_OF = {"l1": calibration_error_interval.l1_interval, "l2": calibration_error_interval.l2_interval}
_HOW_SURE = {
    "l1": "upper end: score interval of the squared error, lower end: sign witness",
    "l2": "score interval of the squared error",
}


def ece(
    self: Scores,
    bins: int = 15,
    *,
    binning: Binning = "auto",
    norm: Literal["l1", "l2"] = "l1",
    debias: bool = False,
    confidence: float | None = None,
) -> Measurement:
    """Measure the calibration error of the answers over bins.

    Parameters
    ----------
    bins : int
        Number of bins; a uniform one is ((m-1)/bins, m/bins], and the first one holds zero too.
    binning : {"auto", "uniform", "equal-mass", "unique", "sweep"}
        Bins of equal width or of about equally many items, one for each distinct confidence,
        or as many of equal mass as keep the accuracies rising (Roelofs et al. 2022; its interval
        takes the bins found as given). ``"auto"`` takes distinct confidences where they are few,
        as verbalised ones are (at most 2 * bins, four items or more for each), else uniform bins.
    norm : {"l1", "l2"}
        Mean absolute gap (the expected calibration error), or root mean square gap.
    debias : bool
        Take off what chance adds: the root of the unbiased squared error where that is positive
        (Brocker 2012), or the L1 error less the bias of normal gaps of its size (Kumar, Liang, Ma 2019).
        The interval is the same: it never speaks about the biased estimate.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Returns
    -------
    Measurement
        The plug-in estimate, which is biased upward for few items: see its
        ``noise_floor``. The interval speaks about the error itself and may lie
        below the estimate. ``debiased`` is the best guess.

    Raises
    ------
    ScoresError
        If an argument is none of those allowed, or ``debias`` is asked for where no bin
        holds two items.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores([0.9] * 10 + [0.6] * 10, [1] * 8 + [0] * 2 + [1] * 6 + [0] * 4)
    >>> round(float(scores.ece()), 3), scores.ece().method.split(";")[0]
    (0.05, 'plug-in over 2 distinct confidences')
    """
    if norm not in _INTERVAL_OF:
        raise ScoresError(f"norm must be 'l1' or 'l2', got {norm!r}")
    chosen, sums, effect = _binned(self, bins, binning)
    estimate = combine_gaps(sums.gap, sums.count, sums.items, norm)
    noisy = sums.per(effect.within)
    return measured(
        self,
        "ece" if norm == "l1" else "ece_l2",
        _debiased(noisy, norm) if debias else estimate,
        lambda level: _INTERVAL_OF[norm](sums, level, effect),
        confidence,
        f"{'debiased' if debias else 'plug-in'} over {chosen}; {_HOW_SURE[norm]}",
        effect=effect,
        debiased=calibration_error_interval.best_guess(noisy, estimate),
        noise_floor=None if debias else lambda: NoiseFloor(*_floor(self, noisy, norm, chosen)),
        exact=_exact(self, chosen, norm),
        curve=curve_of(sums, chosen, graded=self.is_graded),
        before=_before(self, bins),
    )


def squared_ece(
    self: Scores, bins: int = 15, *, binning: Binning = "auto", confidence: float | None = None
) -> Measurement:
    """Measure the squared L2 calibration error without bias; chance may carry it below zero.

    The sum over bins of their share times (gap^2 - its variance) (Brocker 2012; Kumar, Liang, Ma 2019).

    Parameters
    ----------
    bins, binning, confidence
        As for ``ece``.

    Raises
    ------
    ScoresError
        If no bin holds two items.
    """
    chosen, sums, effect = _binned(self, bins, binning)
    return measured(
        self,
        "squared_ece",
        _signed_square(sums.per(effect.within)),
        lambda level: calibration_error_interval.squared_interval(sums, level, effect),
        confidence,
        f"unbiased over {chosen}; score interval",
        effect=effect,
        exact=None if (exact := _exact(self, chosen, "l2")) is None else exact**2,
    )


def mce(
    self: Scores,
    bins: int = 15,
    *,
    binning: Binning = "auto",
    min_count: int = 1,
    confidence: float | None = None,
) -> Measurement:
    """Measure the maximum calibration error: the largest gap between confidence and accuracy of any bin.

    Naeini, Cooper, Hauskrecht (2015). Of a bin with few items little is known, and the largest
    gap is soon that of such a bin: the interval knows it, the estimate does not.

    Parameters
    ----------
    bins, binning, confidence
        As for ``ece``.
    min_count : int
        Fewest items of a bin that is looked at.

    Raises
    ------
    ScoresError
        If no bin holds so many items.
    """
    if isinstance(min_count, bool) or not isinstance(min_count, (int, np.integer)) or min_count < 1:
        raise ScoresError(f"min_count must be a whole number of at least one, got {min_count!r}")
    chosen, sums, effect = _binned(self, bins, binning)
    enough = sums.count >= min_count
    if not enough.any():
        raise ScoresError(
            f"none of {chosen} holds {min_count} items, the largest {sums.count.max():.0f}; "
            "ask for fewer bins or a smaller min_count"
        )
    looked_at = BinSums(*(column[enough] for column in vars(sums).values()))
    independent = _by_spread(looked_at.per(effect.design)) if self.is_graded else looked_at.per(effect.design)
    left = int(np.sum(~enough & (sums.count > 0.0)))
    few = f", leaving out {left} with fewer than {min_count} items" if left else ""
    return measured(
        self,
        "mce",
        combine_gaps(looked_at.gap, looked_at.count, looked_at.items, "max"),
        lambda level: largest_gap_interval(independent, level),
        confidence,
        f"largest gap of {chosen}{few}; Clopper-Pearson intervals of all",
        effect=effect,
        curve=curve_of(sums, chosen, graded=self.is_graded),
    )


def exact_ece(
    self: Scores, bins: int = 15, *, binning: Binning = "auto", norm: Literal["l1", "l2"] = "l1"
) -> float | None:
    """Return the calibration error from the true probabilities, or None where they are not known.

    In each bin the mean confidence is held against the mean true probability of
    the chosen answers: nothing is estimated.
    """
    return _exact(self, make_bins(self.confidence, self.correct, checked_bins(bins), checked_binning(binning)), norm)


def _exact(scores: Scores, bins: Bins, norm: Literal["l1", "l2"]) -> float | None:
    truth = scores.choices.true_accuracy() if scores.choices else None
    return None if truth is None else calibration_error(scores.confidence, truth, bins, norm)


def _binned(scores: Scores, bins: int, binning: Binning) -> tuple[Bins, BinSums, Effect]:
    """Return bins, their sums, and what the clusters of the items do to the gaps."""
    chosen = make_bins(scores.confidence, scores.correct, checked_bins(bins), checked_binning(binning))
    sums = bin_sums(scores.confidence, scores.correct, chosen)
    members = members_of(scores.clusters)
    if members is None:
        return chosen, sums, INDEPENDENT
    gap = np.subtract(scores.confidence, scores.correct, dtype=np.float64)
    return chosen, sums, design_effect(gap, members, chosen.of(scores.confidence))


def _by_spread(sums: BinSums) -> BinSums:
    """Let graded answers of each bin count as so many right or wrong ones as say as much."""
    within = sums.squared_gap - sums.gap**2 / sums.count
    mean = np.clip((sums.confidence - sums.gap) / sums.count, 0.0, 1.0)
    spread = dispersion_of_groups(within, sums.count, mean)
    return BinSums(*(column / spread for column in vars(sums).values()))


def _floor(scores: Scores, sums: BinSums, norm: Literal["l1", "l2"], bins: Bins) -> tuple[float, float]:
    return noise_floor(scores.confidence, sums, norm, bins, graded=scores.is_graded)


def _debiased(sums: BinSums, norm: Literal["l1", "l2"]) -> float:
    square = _signed_square(sums)
    return debiased_l1(sums) if norm == "l1" else math.sqrt(max(square, 0.0))


def _signed_square(sums: BinSums) -> float:
    if not (sums.count > 1).any():
        raise ScoresError(
            "a debiased error needs a bin of two items, and each has one only: nothing says how much of the gaps is "
            "chance; ask for fewer bins"
        )
    # Where clusters leave a bin little more than one item, what is taken off has no bound.
    return max(unbiased_estimate(sums), -1.0)


def _before(scores: Scores, bins: int) -> tuple[Bin, ...]:
    if scores.before is None:
        return ()
    confidence, correct = scores.before.confidence, scores.before.correct
    chosen = make_bins(confidence, correct, bins)
    return curve_of(bin_sums(confidence, correct, chosen), chosen, graded=scores.before.is_graded)
