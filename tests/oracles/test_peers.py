"""Our numbers against those of other calibration libraries, on inputs where each of them is right.

What they get wrong is the list of ``test_wrong_behaviours.py``. ``make test-slow`` installs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from pytest_llmcal import Scores
from pytest_llmcal.metrics.smooth import error_at, residuals_on_grid

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs are not ours to mend
]

PROBABILITIES = Path(__file__).parents[3] / "shared" / "data" / "probabilities"


def peer(name: str):
    return pytest.importorskip(name, reason=f"{name} is the oracle; make test-slow installs it")


@pytest.fixture(params=[0, 1, 2])
def answers(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Give distinct confidences off all edges, and answers of an overconfident model."""
    generator = np.random.default_rng(request.param)
    confidence = generator.beta(5.0, 1.5, 3000)
    return confidence, generator.random(3000) < confidence**1.3


def real_classifiers() -> Iterator[pytest.ParameterSet]:
    for name in ("vgg16", "lenet5", "wideresnet16_4"):
        path = PROBABILITIES / f"cifar10_{name}.npz"
        missing = pytest.mark.skipif(not path.is_file(), reason=f"the real data {path.name} are not here")
        yield pytest.param(path, id=name, marks=missing)


@pytest.fixture(params=real_classifiers())
def classifier(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Give the probabilities of a real image classifier in double precision, and its labels."""
    with np.load(request.param, allow_pickle=False) as file:
        probabilities, labels = file["probs"].astype(np.float64), file["labels"].ravel()
    return probabilities / probabilities.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_torchmetrics_over_uniform_bins(answers, norm):
    classification = peer("torchmetrics.functional.classification")
    confidence, right = answers
    theirs = classification.binary_calibration_error(
        torch.tensor(confidence), torch.tensor(right, dtype=torch.int64), n_bins=15, norm=norm
    )
    assert float(Scores(confidence, right).ece(norm=norm)) == pytest.approx(float(theirs), abs=1e-9)


def test_torchmetrics_over_the_top_label_of_real_classifiers(classifier):
    classification = peer("torchmetrics.functional.classification")
    probabilities, labels = classifier
    theirs = classification.multiclass_calibration_error(
        torch.tensor(probabilities), torch.tensor(labels, dtype=torch.int64), num_classes=10, n_bins=15
    )
    ours = Scores.from_probabilities(probabilities, labels).ece()
    # probabilities of exactly one have a bin of their own there
    assert float(ours) == pytest.approx(float(theirs), abs=1e-4)


def test_netcal_over_uniform_bins(answers):
    metrics = peer("netcal.metrics")
    confidence, right = answers
    scores = Scores(confidence, right)
    assert float(scores.ece()) == pytest.approx(metrics.ECE(15).measure(confidence, right.astype(int)), abs=1e-9)


def test_uncertainty_calibration_over_uniform_bins(answers):
    calibration = peer("calibration")
    confidence, right = answers
    theirs = calibration.get_ece(confidence, right.astype(int), num_bins=15)
    assert float(Scores(confidence, right).ece()) == pytest.approx(theirs, abs=1e-9)


def test_uncertainty_calibration_over_the_top_label_of_real_classifiers(classifier):
    calibration = peer("calibration")
    probabilities, labels = classifier
    theirs = calibration.get_ece(probabilities, labels.astype(int), num_bins=15)
    assert float(Scores.from_probabilities(probabilities, labels).ece()) == pytest.approx(theirs, abs=1e-9)


def test_relplot_over_uniform_bins(answers):
    relplot = peer("relplot")
    confidence, right = answers
    theirs = relplot.metrics.binnedECE(f=confidence, y=right.astype(int), nbins=15)
    assert float(Scores(confidence, right).ece()) == pytest.approx(theirs, abs=1e-9)


def test_mapie_over_uniform_bins(answers):
    metrics = peer("mapie.metrics.calibration")
    confidence, right = answers
    # its number of bins is that of edges
    theirs = metrics.expected_calibration_error(right.astype(int), confidence, num_bins=16, split_strategy="uniform")
    assert float(Scores(confidence, right).ece()) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("score", ["brier", "nll"])
@pytest.mark.parametrize("digits", [1, 2, 9])
def test_model_diagnostics_over_isotonic_decompositions(answers, score, digits):
    scoring = peer("model_diagnostics.scoring")
    confidence, right = answers[0].round(digits).clip(0.01, 0.99), answers[1]
    function = scoring.SquaredError() if score == "brier" else scoring.LogLoss()
    theirs = scoring.decompose(right.astype(float), confidence, scoring_function=function)
    ours = Scores(confidence, right).decomposition(score)
    for name in ("score", "miscalibration", "discrimination", "uncertainty"):
        assert getattr(ours, name) == pytest.approx(theirs[name].item(), abs=1e-9)


@pytest.mark.parametrize("bandwidth", [0.03, 0.05, 0.1])
def test_relplot_smooth_error_at_a_bandwidth(answers, bandwidth, monkeypatch):
    relplot = peer("relplot")
    # It sums over 200 points with both ends whole, which is off by 2e-4; and an item at 0 or 1 weighs half there.
    monkeypatch.setattr(relplot.config, "smECE_mesh_pts", 20_001)
    confidence, right = 0.02 + 0.96 * answers[0], answers[1].astype(float)
    theirs = relplot.metrics.smECE_sigma(confidence, right, bandwidth)
    ours = float(error_at(residuals_on_grid(confidence, right), bandwidth))
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_relplot_smooth_error(answers):
    relplot = peer("relplot")
    confidence, right = answers
    theirs, bandwidth = relplot.smECE(confidence, right.astype(float), return_width=True)
    ours = float(Scores(confidence, right).smooth_ece())
    # It stops after ten halvings, up to a thousandth above the bandwidth that equals its error.
    assert bandwidth - 1.0 / 1024.0 - 1e-6 <= ours <= bandwidth + 1e-6
    assert ours == pytest.approx(theirs, abs=1e-3)
