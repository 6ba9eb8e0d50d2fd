import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import Scores, calibrators
from pytest_llmcal.calibrators import AtBoundWarning, CalibratorError
from pytest_llmcal.calibrators.temperature import Temperature
from pytest_llmcal.measurement import About


def drawn(temperature, n=4000, choices=4, seed=0):
    """Logits of a model whose answers come true at softmax(logits / temperature)."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2 * temperature, (n, choices))
    truth = np.exp(logits / temperature)
    truth /= truth.sum(axis=1, keepdims=True)
    labels = (generator.random(n)[:, None] > truth.cumsum(axis=1)).sum(axis=1)
    return logits, np.minimum(labels, choices - 1)


def nll(logits, labels, temperature):
    return float(Scores.from_logits(np.asarray(logits) / temperature, labels).nll())


@pytest.mark.parametrize("temperature", [0.02, 0.5, 1.0, 1.8, 60.0])
def test_it_finds_the_temperature_that_the_answers_were_drawn_at(temperature):
    fitted = Temperature().fit(Scores.from_logits(*drawn(temperature)))
    assert fitted.temperature == pytest.approx(temperature, rel=0.05)
    assert not fitted.at_bound


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 3.0))
def test_no_temperature_nearby_is_better(seed, temperature):
    logits, labels = drawn(temperature, n=200, seed=seed)
    best = Temperature().fit(Scores.from_logits(logits, labels)).temperature
    at_best = nll(logits, labels, best)
    assert at_best <= nll(logits, labels, best * 1.01) + 1e-12
    assert at_best <= nll(logits, labels, best / 1.01) + 1e-12


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_does_not_keep_it_from_fitting(dtype):
    logits, labels = drawn(1.8)
    fitted = Temperature().fit(Scores.from_logits(logits.astype(dtype), labels))
    assert fitted.temperature == pytest.approx(1.8, rel=0.05)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_give_what_their_logits_give(dtype):
    logits, labels = drawn(1.8)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    by_logits = Temperature().fit(Scores.from_logits(logits, labels)).temperature
    by_probabilities = Temperature().fit(Scores.from_probabilities(probabilities.astype(dtype), labels)).temperature
    assert by_probabilities == pytest.approx(by_logits, rel=1e-5)


def test_logits_that_look_like_probabilities_are_logits():
    # scikit-learn guesses from the values and finds another temperature than for the same logits plus five
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 500)
    labels = rows.argmax(axis=1)
    labels[::4] = (labels[::4] + 1) % 3
    plain, shifted = (Temperature().fit(Scores.from_logits(rows + by, labels)).temperature for by in (0.0, 5.0))
    assert plain == pytest.approx(shifted, rel=1e-6)


def test_missing_choices_change_nothing():
    logits, labels = drawn(1.8, n=300, choices=3)
    padded = np.hstack([logits, np.full((300, 2), -np.inf)])
    plain, wide = (Scores.from_logits(rows, labels) for rows in (logits, padded))
    fitted = Temperature().fit(wide)
    assert fitted.temperature == pytest.approx(Temperature().fit(plain).temperature, rel=1e-9)
    assert np.array_equal(
        fitted.transform(wide, in_sample=True).confidence, fitted.transform(plain, in_sample=True).confidence
    )


def test_answers_of_any_number_of_choices_are_fitted_in_slices():
    logits, labels = drawn(1.8, n=9000, choices=40)  # more numbers than fit in one slice
    halves = [Scores.from_logits(logits[part], labels[part]) for part in (slice(4500), slice(4500, None))]
    whole = Temperature().fit(Scores.from_logits(logits, labels)).temperature
    low, high = sorted(Temperature().fit(half).temperature for half in halves)
    assert low <= whole <= high


def test_it_repairs_overconfidence_and_keeps_the_answers():
    logits, labels = drawn(2.5, n=6000)
    fit, test = Scores.from_logits(logits, labels).split(0.5)
    repaired = Temperature().fit(fit).transform(test)
    assert test.ece().low > 0.05
    assert repaired.ece().high < 0.05
    assert float(repaired.nll()) < float(test.nll())
    assert np.array_equal(repaired.choices.chosen, test.choices.chosen)


def test_transformed_scores_keep_what_they_were_and_know_it():
    logits, labels = drawn(1.8, n=50)
    scores = Scores.from_logits(
        logits,
        labels,
        ids=[f"i{k}" for k in range(50)],
        groups={"parity": ["even", "odd"] * 25},
        truth=np.full((50, 4), 0.25),
        about=About(model="m", task="t"),
    )
    fitted = Temperature().fit(scores)
    repaired = fitted.transform(scores, in_sample=True)
    assert repaired.ids == scores.ids
    assert repaired.groups == scores.groups
    assert np.shares_memory(repaired.choices.truth, scores.choices.truth)
    assert repaired.about == About(model="m", task="t", calibrator=f"temperature(T={fitted.temperature:.4g})")
    assert repaired.before is scores
    assert repaired.ece().before == scores.ece().curve


@pytest.mark.parametrize(("label", "temperature"), [(0, 1e-4), (1, 1e4)])
def test_separable_and_all_wrong_answers_are_at_the_bound(label, temperature):
    scores = Scores.from_logits([[2.0, 0.0], [1.0, 0.5]], [label, label])
    with pytest.warns(AtBoundWarning, match="at bound"):
        fitted = Temperature().fit(scores)
    assert fitted.at_bound
    assert fitted.temperature == pytest.approx(temperature)
    assert np.isfinite(fitted.transform(scores, in_sample=True).confidence).all()


def test_scores_without_choices_are_refused():
    with pytest.raises(CalibratorError, match="needs logits or probabilities over the choices"):
        Temperature().fit(Scores([0.9], [1]))


def test_a_right_choice_of_probability_zero_is_named():
    scores = Scores.from_probabilities([[0.5, 0.5], [1.0, 0.0]], [0, 1], ids=["a", "b"])
    with pytest.raises(CalibratorError, match="item 'b' gives its right choice probability zero"):
        Temperature().fit(scores)


def test_it_must_be_fitted_first(tmp_path):
    scores = Scores.from_logits([[1.0, 0.0]], [0])
    with pytest.raises(CalibratorError, match="not fitted"):
        Temperature().transform(scores)
    with pytest.raises(CalibratorError, match="not fitted"):
        Temperature().save(tmp_path)


def test_create_knows_it_by_name_and_lists_the_names():
    assert isinstance(calibrators.create("temperature"), Temperature)
    with pytest.raises(CalibratorError, match=r"no calibrator 'magic'; known are .*'temperature'"):
        calibrators.create("magic")
    with pytest.raises(CalibratorError, match=r"calibrator 'temperature': .*bins"):
        calibrators.create("temperature", bins=3)
