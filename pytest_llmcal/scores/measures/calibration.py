"""Calibration errors over bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_llmcal.measurement import Measurement, NoiseFloor
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import calibration_error, combine_gaps
from pytest_llmcal.scores.curve import curve_of
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.measures.measured import measured
from pytest_llmcal.scores.validation import checked_bins
from pytest_llmcal.statistics import calibration_error_interval
from pytest_llmcal.statistics.noise_floor import noise_floor

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_INTERVAL_OF = {"l1": calibration_error_interval.l1_interval, "l2": calibration_error_interval.l2_interval}
_ECE_METHOD = {
    "l1": "plug-in over {bins} uniform bins; upper end: score interval of the squared error, lower end: sign witness",
    "l2": "plug-in over {bins} uniform bins; score interval of the squared error",
}


def ece(
    self: Scores, bins: int = 15, *, norm: Literal["l1", "l2"] = "l1", confidence: float | None = None
) -> Measurement:
    """Measure the calibration error over fixed uniform bins.

    Parameters
    ----------
    bins : int
        Number of bins, each ((m-1)/bins, m/bins]; the first one holds zero too.
    norm : {"l1", "l2"}
        Mean absolute gap (the expected calibration error), or root mean square gap.
    confidence : float, optional
        Level of the interval; that of the rules in force by default.

    Returns
    -------
    Measurement
        The plug-in estimate, which is biased upward for few items: see its
        ``noise_floor``. The interval speaks about the error itself and may lie
        below the estimate. ``debiased`` is the best guess.
    """
    if norm not in _INTERVAL_OF:
        raise ScoresError(f"norm must be 'l1' or 'l2', got {norm!r}")
    sums = bin_sums(self.confidence, self.correct, checked_bins(bins))
    estimate = combine_gaps(sums.gap, sums.count, sums.items, norm)
    return measured(
        self,
        "ece" if norm == "l1" else "ece_l2",
        estimate,
        lambda level: _INTERVAL_OF[norm](sums, level),
        confidence,
        _ECE_METHOD[norm].format(bins=bins),
        debiased=calibration_error_interval.best_guess(sums, estimate),
        noise_floor=NoiseFloor(*noise_floor(self.confidence, sums, norm)),
        exact=exact_ece(self, bins, norm=norm),
        curve=curve_of(sums),
        before=curve_of(bin_sums(self.before.confidence, self.before.correct, bins)) if self.before else (),
    )


def exact_ece(self: Scores, bins: int = 15, *, norm: Literal["l1", "l2"] = "l1") -> float | None:
    """Return the calibration error from the true probabilities, or None where they are not known.

    In each bin the mean confidence is held against the mean true probability of
    the chosen answers: nothing is estimated.
    """
    truth = self.choices.true_accuracy() if self.choices else None
    if truth is None:
        return None
    return calibration_error(self.confidence, truth, checked_bins(bins), norm)
