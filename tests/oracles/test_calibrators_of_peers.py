"""Our fits against those of other libraries, and against the temperatures of real classifiers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators.affine import Affine
from pytest_llmcal.calibrators.temperature import Temperature

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # theirs are not ours to mend
]

PROBABILITIES = Path(__file__).parents[3] / "shared" / "data" / "probabilities"

# Temperature, and top-label ECE before and after. The tolerances below are three standard deviations and more of what
# another half of the 10,000 items gives: an accuracy near 0.93 on 5,000 items has 0.004.
REAL = {
    "vgg16": (1.72, 0.037, 0.015),
    "lenet5": (1.41, 0.104, 0.020),
    "wideresnet16_4": (2.07, 0.051, 0.009),
}


def peer(name: str):
    return pytest.importorskip(name, reason=f"{name} is the oracle; make test-slow installs it")


def drawn(n: int = 4000, k: int = 5, temperature: float = 1.8) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 2.0 * temperature, (n, k))
    return logits, (logits / temperature + generator.gumbel(size=(n, k))).argmax(axis=1)


def ours(logits: np.ndarray, labels: np.ndarray) -> float:
    fitted = Temperature().fit(Scores.from_logits(logits, labels))
    assert fitted.temperature is not None
    return fitted.temperature


@pytest.mark.parametrize("temperature", [0.6, 1.8, 4.0])
def test_scikit_learn_finds_the_same_temperature(temperature: float) -> None:
    calibration = peer("sklearn.calibration")
    logits, labels = drawn(temperature=temperature)
    theirs = 1.0 / calibration._TemperatureScaling().fit(logits, labels).beta_
    assert ours(logits, labels) == pytest.approx(theirs, rel=1e-3)


def test_netcal_finds_the_same_temperature_of_double_precision() -> None:
    scaling = peer("netcal.scaling")
    logits, labels = drawn()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    theirs = 1.0 / float(scaling.TemperatureScaling().fit(probabilities, labels).temperature[0])
    assert ours(logits, labels) == pytest.approx(theirs, rel=1e-5)


def test_matrix_scaling_is_the_softmax_regression_of_scikit_learn() -> None:
    linear_model = peer("sklearn.linear_model")
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 2.0, (1500, 4))
    labels = (logits @ generator.normal(0.3, 0.3, (4, 4)) + generator.gumbel(size=(1500, 4))).argmax(axis=1)
    centred = logits - logits.mean(axis=1, keepdims=True)
    theirs = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(centred, labels)
    scores = Scores.from_logits(logits, labels)
    fitted = calibrators.create("matrix", off_diagonal_penalty=1e-9, bias_penalty=1e-9).fit(scores)
    choices = fitted.transform(scores, in_sample=True).choices
    assert choices is not None
    ours = np.concatenate([part for _, part in choices.probabilities()])
    assert ours == pytest.approx(theirs.predict_proba(centred), abs=1e-3)


def test_vector_scaling_of_two_choices_is_the_logistic_regression_of_scikit_learn() -> None:
    linear_model = peer("sklearn.linear_model")
    logits, labels = drawn(k=2)
    logs = log_softmax(logits, axis=1)
    theirs = linear_model.LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(logs, labels)
    scores = Scores.from_logits(logits, labels)
    fitted = calibrators.create("vector", penalty=1e-6).fit(scores)
    assert isinstance(fitted, Affine)
    assert fitted.bias is not None
    assert fitted.weights is not None
    assert fitted.bias[1] - fitted.bias[0] == pytest.approx(float(theirs.intercept_[0]), abs=1e-4)
    # What speaks for the second choice: the first one's logarithm against it, and its own for it.
    assert fitted.weights / fitted.temperature * [-1.0, 1.0] == pytest.approx(theirs.coef_[0], abs=1e-3)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_temperatures_and_errors_of_real_classifiers_are_the_known_ones(name: str, seed: int) -> None:
    path = PROBABILITIES / f"cifar10_{name}.npz"
    if not path.is_file():
        pytest.skip(f"the real data {path.name} are not here")
    with np.load(path, allow_pickle=False) as file:
        probabilities, labels = file["probs"].astype(np.float64), file["labels"].ravel()
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    fit, held_out = Scores.from_probabilities(probabilities, labels).split(0.5, seed=seed)
    fitted = Temperature().fit(fit)
    temperature, before, after = REAL[name]
    assert fitted.temperature == pytest.approx(temperature, abs=0.08)
    assert float(held_out.ece()) == pytest.approx(before, abs=0.012)
    assert float(fitted.transform(held_out).ece()) == pytest.approx(after, abs=0.008)
