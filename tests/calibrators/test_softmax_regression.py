"""All affine maps reach the one optimum of their objective, with the derivatives that it has."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import AtBoundWarning, CalibratorError
from pytest_llmcal.calibrators.affine import Affine
from pytest_llmcal.calibrators.best_temperature import best_inverse_temperature
from pytest_llmcal.calibrators.inputs import Inputs
from pytest_llmcal.calibrators.softmax_regression import AffineMap, _loss

AFFINE = ["vector", "matrix", "dirichlet", "structured-matrix"]


def drawn(n: int = 400, k: int = 3, seed: int = 0, *, missing: bool = False) -> Scores:
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 3.0, (n, k))
    labels = (logits * np.linspace(0.3, 0.8, k) + np.arange(k) + generator.gumbel(size=(n, k))).argmax(axis=1)
    if missing:
        logits[::4, 0] = -np.inf
        labels[::4] = np.maximum(labels[::4], 1)
    return Scores.from_logits(logits, labels)


def objective(fitted: Affine, scores: Scores, affine: AffineMap) -> float:
    assert scores.choices is not None
    assert fitted.temperature is not None
    n, k = scores.choices.values.shape
    weights, bias = fitted._penalties(n, k)
    change = affine.weights - (np.ones(k) if affine.weights.ndim == 1 else np.eye(k))
    loss = _loss(Inputs(scores.choices, fitted.inputs, fitted.temperature), affine)[0]
    return loss + float((weights * change**2).sum() + bias * (affine.bias**2).sum())


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", AFFINE)
def test_it_ends_where_the_gradient_is_zero_and_nothing_nearby_is_better(name: str, missing: bool) -> None:
    scores = drawn(missing=missing)
    fitted = calibrators.create(name).fit(scores)
    assert isinstance(fitted, Affine)
    assert fitted.gradient is not None
    assert fitted.gradient <= 2e-7
    assert fitted.weights is not None
    assert fitted.bias is not None
    best = objective(fitted, scores, AffineMap(fitted.weights, fitted.bias))
    generator = np.random.default_rng(1)
    for size in (1e-3, 1e-1):
        nearby = AffineMap(*(part + size * generator.normal(size=part.shape) for part in (fitted.weights, fitted.bias)))
        assert best < objective(fitted, scores, nearby)


@pytest.mark.parametrize("name", ["vector", "matrix"])
def test_the_derivatives_are_those_of_the_loss(name: str) -> None:
    scores = drawn(50, missing=True)
    assert scores.choices is not None
    inputs = Inputs(scores.choices, "centred logits", 2.0)
    generator = np.random.default_rng(1)
    affine = AffineMap(generator.normal(size=(3,) if name == "vector" else (3, 3)), generator.normal(size=3))
    _, *derivatives = _loss(inputs, affine)
    for place, derivative in enumerate(derivatives):
        for index in np.ndindex(derivative.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = [part.copy() for part in affine]
                moved[place][index] += step
                sides.append(_loss(inputs, AffineMap(*moved))[0])
            assert derivative[index] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-7)


def test_an_affine_map_repairs_what_no_temperature_does() -> None:
    fit, held_out = drawn(2000), drawn(2000, seed=1)
    by_temperature = float(calibrators.create("temperature").fit(fit).transform(held_out).nll())
    for name in AFFINE:
        assert float(calibrators.create(name).fit(fit).transform(held_out).nll()) < by_temperature - 0.05


def test_few_items_leave_structured_matrix_scaling_near_temperature_scaling() -> None:
    distances = []
    for n in (10, 100, 2000):
        fitted = calibrators.create("structured-matrix").fit(drawn(n))
        assert isinstance(fitted, Affine)
        assert fitted.weights is not None
        distances.append(np.abs(fitted.weights - np.eye(3)).max())
    assert distances[0] < distances[1] < distances[2]
    assert distances[0] < 0.3


def test_the_bias_of_a_choice_that_is_never_right_is_about_minus_the_logarithm_of_the_items() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 2.0, (1000, 3))
    labels = (logits + generator.gumbel(size=(1000, 3)))[:, :2].argmax(axis=1)
    fitted = calibrators.create("vector").fit(Scores.from_logits(logits, labels))
    assert isinstance(fitted, Affine)
    assert fitted.bias is not None
    assert -np.log(1000) - 1.0 < fitted.bias[2] < -2.0


@pytest.mark.parametrize("name", AFFINE)
def test_separable_items_are_said_to_be_at_bound(name: str) -> None:
    logits = 5.0 * np.tile(np.eye(3), (5, 1))
    with pytest.warns(AtBoundWarning, match="at bound, and its penalties alone keep it finite"):
        fitted = calibrators.create(name).fit(Scores.from_logits(logits, logits.argmax(axis=1)))
    assert fitted.summary()["at_bound"] is True


@pytest.mark.parametrize("name", AFFINE)
def test_another_number_of_choices_is_refused(name: str) -> None:
    fitted = calibrators.create(name).fit(drawn())
    with pytest.raises(CalibratorError, match=r"fitted on 3 choices, but .* have 4"):
        fitted.transform(drawn(k=4))


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), "much", True])
def test_a_penalty_that_is_no_number_above_zero_is_refused(value: object) -> None:
    for name, option in (("vector", "penalty"), ("matrix", "bias_penalty"), ("structured-matrix", "tau")):
        with pytest.raises(CalibratorError, match=f"{option} must be a finite number above zero"):
            calibrators.create(name, **{option: value})


def test_a_very_low_logit_in_place_of_a_missing_choice_is_named() -> None:
    logits = np.zeros((4, 3))
    logits[2, 1] = -1e30
    with pytest.raises(CalibratorError, match=r"logits\[2\]\[1\] is -1e\+30.*has the logit -inf"):
        calibrators.create("vector").fit(Scores.from_logits(logits, [0, 1, 2, 0]))


def test_the_weights_of_the_ensemble_are_those_of_greatest_likelihood() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 4.0, (2000, 4))
    labels = (logits + generator.gumbel(size=(2000, 4))).argmax(axis=1)
    labels[::5] = generator.integers(0, 4, 400)  # one in five is answered at random
    fitted = calibrators.create("ensemble-temperature").fit(Scores.from_logits(logits, labels))
    shares = np.array([fitted.summary()[part] for part in ("scaled", "plain", "uniform")], dtype=float)
    temperature = float(fitted.summary()["T"])

    def right(values: np.ndarray) -> np.ndarray:
        weights = np.exp(values - values.max(axis=1, keepdims=True))
        return (weights / weights.sum(axis=1, keepdims=True))[np.arange(2000), labels]

    parts = np.column_stack([right(logits / temperature), right(logits), np.full(2000, 0.25)])
    # At the optimum each part that is used gains one, and no other gains more.
    gains = (parts / (parts @ shares)[:, None]).mean(axis=0)
    assert gains.max() < 1.0 + 1e-4
    assert gains[shares > 1e-6] == pytest.approx(1.0, abs=1e-4)
    assert shares[2] > 0.1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_quick_search_agrees_with_the_plain_way(dtype: type) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 3.6, (9000, 30)).astype(dtype)  # enough for a start from every fourth
    labels = (logits / 1.8 + generator.gumbel(size=logits.shape)).argmax(axis=1)
    scores = Scores.from_logits(logits, labels)
    assert scores.choices is not None
    inverse, at_bound = best_inverse_temperature(scores.choices)
    assert not at_bound

    def slope(inverse: float) -> float:
        scaled = logits.astype(np.float64) * inverse
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        return float(((weights * logits).sum(axis=1) - logits[np.arange(9000), labels]).sum())

    assert slope(inverse * (1 - 1e-5)) < 0.0 < slope(inverse * (1 + 1e-5))
