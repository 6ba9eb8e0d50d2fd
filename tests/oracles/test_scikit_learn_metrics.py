"""Our numbers against scikit-learn's, on inputs where scikit-learn is right."""

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.reliability import reliability_curve

linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is the oracle")
from sklearn.calibration import calibration_curve  # noqa: E402  # after importorskip
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score  # noqa: E402


@pytest.fixture(params=[0, 1, 2])
def generator(request):
    return np.random.default_rng(request.param)


def binary(generator, levels=None):
    confidence = generator.beta(5, 1.5, 1000) if levels is None else generator.choice(levels, 1000)
    return confidence, generator.random(1000) < confidence**1.5


def multiclass(generator, choices=5):
    logits = generator.normal(0, 2, (800, choices))
    labels = generator.integers(choices, size=800)
    labels[:500] = logits[:500].argmax(axis=1)
    return logits, labels


@pytest.mark.parametrize("levels", [None, [0.5, 0.6, 0.7, 0.8, 0.9]])
def test_scores_of_one_confidence_an_item(generator, levels):
    confidence, right = binary(generator, levels)
    scores = Scores(confidence, right)
    assert float(scores.brier()) == pytest.approx(brier_score_loss(right, confidence), abs=1e-12)
    assert float(scores.nll()) == pytest.approx(log_loss(right, confidence), abs=1e-12)
    assert float(scores.auroc()) == pytest.approx(roc_auc_score(right, confidence), abs=1e-12)


def test_scores_over_choices(generator):
    logits, labels = multiclass(generator)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for scores in (Scores.from_logits(logits, labels), Scores.from_probabilities(probabilities, labels)):
        assert float(scores.nll()) == pytest.approx(log_loss(labels, probabilities), abs=1e-12)
        brier = brier_score_loss(labels, probabilities, scale_by_half=False)
        assert float(scores.brier()) == pytest.approx(brier, abs=1e-12)


def test_the_reliability_curve(generator):
    confidence, right = binary(generator)
    accuracy, mean = calibration_curve(right, confidence, n_bins=15)
    curve = reliability_curve(bin_sums(confidence, right))
    assert curve.accuracy == pytest.approx(accuracy)
    assert curve.confidence == pytest.approx(mean)


def test_temperature_is_the_logistic_regression_of_two_choices(generator):
    logits = generator.normal(0, 3, (2000, 2))
    labels = (generator.random(2000) < 1 / (1 + np.exp(-(logits[:, 1] - logits[:, 0]) / 1.7))).astype(int)
    regression = linear_model.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10)
    regression.fit((logits[:, 1] - logits[:, 0])[:, None], labels)
    fitted = calibrators.create("temperature").fit(Scores.from_logits(logits, labels))
    assert fitted.temperature == pytest.approx(1 / regression.coef_[0, 0], rel=1e-5)


def test_temperature_of_many_choices_minimises_scikit_learns_log_loss(generator):
    from scipy.optimize import minimize_scalar
    from scipy.special import softmax

    logits, labels = multiclass(generator)
    best = minimize_scalar(
        lambda u: log_loss(labels, softmax(logits / np.exp(u), axis=1)),
        bounds=(-3, 5),
        method="bounded",
        options={"xatol": 1e-9},
    )
    fitted = calibrators.create("temperature").fit(Scores.from_logits(logits, labels))
    assert fitted.temperature == pytest.approx(np.exp(best.x), rel=1e-5)
