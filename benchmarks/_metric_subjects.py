"""What ``benchmarks.metrics`` times: for each case the plain numpy way, ours, and that of each peer.

A subject takes the case's arrays and returns the function that is timed. What a library wants its
input turned into is done before, and so is the making of ``Scores``, which is a subject of its own.
Peers are imported where they are asked for: one process never holds two of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from pytest_llmcal import Scores
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.binning import uniform_edges
from pytest_llmcal.metrics.bins import uniform
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.metrics.classwise import classwise_sums
from pytest_llmcal.metrics.ranking import auroc
from pytest_llmcal.metrics.reliability import reliability_curve
from pytest_llmcal.scores.choices import Choices
from pytest_llmcal.statistics.calibration_error_interval import best_guess, l1_interval
from pytest_llmcal.statistics.noise_floor import noise_floor

Array = npt.NDArray[Any]
Timed = Callable[[], Any]
Subject = Callable[[Array, Array], Timed]

BINS = 15
CHUNK = 1 << 17


def answers(n: int) -> tuple[Array, Array]:
    """Return confidences and correctness of an overconfident model."""
    generator = np.random.default_rng(0)
    confidence = generator.beta(5.0, 1.5, n)
    return confidence, generator.random(n) < confidence**1.3


def classifier(n: int, choices: int = 1000) -> tuple[Array, Array]:
    """Return probabilities in single precision and labels of an overconfident classifier."""
    generator = np.random.default_rng(0)
    probabilities = generator.standard_normal((n, choices), dtype=np.float32)
    labels = generator.integers(0, choices, n)
    probabilities[np.arange(n), labels] += 4.0
    for rows in np.array_split(probabilities, max(1, n // 1000)):
        np.exp(2.0 * rows, out=rows)
        rows /= rows.sum(axis=1, keepdims=True)
    return probabilities, labels


def plain_ece(confidence: Array, correct: Array) -> float:
    """Return the ECE the shortest way that is fast: no care for edges, no other number."""
    gap = np.zeros(BINS)
    for start in range(0, len(confidence), CHUNK):
        c, y = confidence[start : start + CHUNK], correct[start : start + CHUNK]
        gap += np.bincount(np.ceil(c * BINS).astype(np.intp) - 1, c - y, minlength=BINS)
    return float(np.abs(gap).sum() / len(confidence))


def exact_ece(confidence: Array, correct: Array) -> float:
    """Return the ECE with sums that are rounded once."""
    bins = np.searchsorted(uniform_edges(BINS).astype(confidence.dtype), confidence, side="left")
    gap = np.subtract(confidence, correct, dtype=np.float64)
    return math.fsum(abs(math.fsum(gap[bins == b])) for b in range(BINS + 1)) / len(gap)


def top(probabilities: Array, labels: Array) -> tuple[Array, Array]:
    """Return the greatest probability of each row, and whether it is that of the label."""
    chosen = probabilities.argmax(axis=1)
    return np.take_along_axis(probabilities, chosen[:, None], axis=1)[:, 0], chosen == labels


def plain_classwise(probabilities: Array, labels: Array) -> float:
    """Return the classwise ECE, class by class."""
    columns = range(probabilities.shape[1])
    return float(np.mean([plain_ece(probabilities[:, k], labels == k) for k in columns]))


def _top_label(probabilities: Array, labels: Array) -> Timed:
    def ece() -> float:
        choices = Choices(probabilities, False, labels, None)
        return calibration_error(choices.top_probability(), choices.chosen == choices.labels, BINS)

    return ece


def _classwise(probabilities: Array, labels: Array) -> Timed:
    choices, k = Choices(probabilities, False, labels, None), probabilities.shape[1]

    def error() -> float:
        sums = classwise_sums(choices.probabilities(), choices.labels, k, BINS)
        return float(np.abs(sums.gap).sum() / sums.items)

    return error


def _of_scores(name: str, *arguments: Any) -> Subject:
    def subject(confidence: Array, correct: Array) -> Timed:
        make = Scores if confidence.ndim == 1 else Scores.from_probabilities
        scores = make(confidence, correct)
        return lambda: getattr(scores, name)(*arguments)

    return subject


def _points(confidence: Array, correct: Array) -> Timed:
    scores = Scores(confidence, correct)
    return lambda: len(scores.reliability(BINS).bins)


def _uncertainty(confidence: Array, correct: Array) -> Timed:
    sums = bin_sums(confidence, correct, BINS)
    bins = uniform(BINS)

    def interval_and_floor() -> float:
        low, _ = l1_interval(sums, 0.95)
        best_guess(sums, 1.0)
        noise_floor(confidence, sums, "l1", bins)
        return low

    return interval_and_floor


def _torchmetrics(dtype: str) -> Subject:
    def subject(values: Array, truth: Array) -> Timed:
        import torch
        from torchmetrics.functional import classification

        given, labels = torch.from_numpy(values.astype(dtype)), torch.from_numpy(truth.astype(np.int64))
        if values.ndim == 1:
            return lambda: classification.binary_calibration_error(given, labels, n_bins=BINS)
        k = values.shape[1]
        return lambda: classification.multiclass_calibration_error(given, labels, num_classes=k, n_bins=BINS)

    return subject


def _relplot(values: Array, truth: Array) -> Timed:
    import relplot

    truth = truth.astype(np.int64)
    if values.ndim == 1:
        return lambda: relplot.metrics.binnedECE(f=values, y=truth, nbins=BINS)

    def of_top() -> float:
        confidence, correct = top(values, truth)
        return float(relplot.metrics.binnedECE(f=confidence, y=correct, nbins=BINS))

    return of_top


def _netcal(values: Array, truth: Array) -> Timed:
    from netcal.metrics import ECE

    truth = truth.astype(np.int64)
    return lambda: ECE(BINS).measure(values, truth)


def _uncertainty_calibration(values: Array, truth: Array) -> Timed:
    import calibration

    truth = truth.astype(np.int64)
    return lambda: calibration.get_ece(values, truth, num_bins=BINS)


def _mapie(values: Array, truth: Array) -> Timed:
    from mapie.metrics.calibration import expected_calibration_error, top_label_ece

    truth = truth.astype(np.int64)
    if values.ndim == 1:  # its number of bins is that of edges
        return lambda: expected_calibration_error(truth, values, num_bins=BINS + 1, split_strategy="uniform")
    return lambda: top_label_ece(truth, values, num_bins=BINS + 1, split_strategy="uniform")


def _sklearn_ece(confidence: Array, correct: Array) -> Timed:
    from sklearn.calibration import calibration_curve

    def ece() -> float:
        accuracy, mean = calibration_curve(correct, confidence, n_bins=BINS)
        count = np.histogram(confidence, BINS, (0.0, 1.0))[0]
        return float((count[count > 0] * np.abs(accuracy - mean)).sum() / len(confidence))

    return ece


def _sklearn(name: str) -> Subject:
    def subject(confidence: Array, correct: Array) -> Timed:
        from sklearn import metrics

        function = getattr(metrics, name)
        return lambda: function(correct, confidence)

    return subject


def _sklearn_curve(confidence: Array, correct: Array) -> Timed:
    from sklearn.calibration import calibration_curve

    return lambda: calibration_curve(correct, confidence, n_bins=BINS)[0].sum()


def _curve(confidence: Array, correct: Array) -> Timed:
    return lambda: reliability_curve(bin_sums(confidence, correct, BINS)).accuracy.sum()


PLAIN, METRIC, SCORES, MAKING = "plain numpy", "ours, the metric", "ours, of Scores", "ours, making Scores"
EXACT = "exact"

BINARY: dict[str, Subject] = {
    PLAIN: lambda c, y: lambda: plain_ece(c, y),
    METRIC: lambda c, y: lambda: calibration_error(c, y, BINS),
    SCORES: _of_scores("ece", BINS),
    MAKING: lambda c, y: lambda: len(Scores(c, y)),
    "torchmetrics": _torchmetrics("float64"),
    "torchmetrics, float32": _torchmetrics("float32"),
    "relplot": _relplot,
    "netcal": _netcal,
    "uncertainty-calibration": _uncertainty_calibration,
    "MAPIE": _mapie,
    "scikit-learn": _sklearn_ece,
    EXACT: lambda c, y: lambda: exact_ece(c, y),
}
TOP_LABEL: dict[str, Subject] = {
    PLAIN: lambda p, y: lambda: plain_ece(*top(p, y)),
    METRIC: _top_label,
    SCORES: _of_scores("ece", BINS),
    MAKING: lambda p, y: lambda: len(Scores.from_probabilities(p, y)),
    "torchmetrics": _torchmetrics("float32"),
    "relplot": _relplot,
    "netcal": _netcal,
    "uncertainty-calibration": _uncertainty_calibration,
    "MAPIE": _mapie,
    EXACT: lambda p, y: lambda: exact_ece(*top(p, y)),
}
CLASSWISE: dict[str, Subject] = {
    PLAIN: lambda p, y: lambda: plain_classwise(p, y),
    METRIC: _classwise,
    SCORES: _of_scores("classwise_ece", BINS),
}
SURENESS: dict[str, Subject] = {
    METRIC: lambda c, y: lambda: calibration_error(c, y, BINS),
    "ours, interval and floor": _uncertainty,
    SCORES: _of_scores("ece", BINS),
}
AUROC: dict[str, Subject] = {
    METRIC: lambda c, y: lambda: auroc(c, y),
    SCORES: _of_scores("auroc"),
    "scikit-learn": lambda c, y: _sklearn("roc_auc_score")(c, y),
}
BRIER: dict[str, Subject] = {SCORES: _of_scores("brier"), "scikit-learn": _sklearn("brier_score_loss")}
NLL: dict[str, Subject] = {SCORES: _of_scores("nll"), "scikit-learn": _sklearn("log_loss")}
CURVE: dict[str, Subject] = {METRIC: _curve, "scikit-learn": _sklearn_curve}
GROWTH: dict[str, Subject] = {
    "calibration_error": BINARY[METRIC],
    "ece": _of_scores("ece"),
    "reliability": _points,
    "auroc": _of_scores("auroc"),
    "brier": _of_scores("brier"),
    "nll": _of_scores("nll"),
}
