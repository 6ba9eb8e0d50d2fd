"""Calibration errors of all choices: their textbook definitions, and intervals that keep their level."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal import Scores, strategies
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.metrics.classwise import classwise_sums
from pytest_llmcal.scores import ScoresError

MEASURES = ("classwise_ece", "marginal_ece", "ace")


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def drawn(n, choices, temperature=1.0, seed=0):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.0, 2.0, (n, choices))
    chances = softmax(logits / temperature)
    labels = (chances.cumsum(axis=1) < generator.random((n, 1))).sum(axis=1).clip(max=choices - 1)
    return softmax(logits), labels


@settings(max_examples=50)
@given(values=strategies.probabilities(), bins=st.integers(1, 20), data=st.data())
def test_the_fast_sums_are_those_of_each_choice_by_itself(values, bins, data):
    labels = data.draw(strategies.labels(values))
    choices = values.shape[1]
    middle = len(values) // 2
    parts = [(slice(0, middle), values[:middle]), (slice(middle, None), values[middle:])]
    fast = classwise_sums(parts, labels, choices, bins)
    for choice in range(choices):
        simple = bin_sums(np.ascontiguousarray(values[:, choice]), labels == choice, bins)
        for name, column in vars(simple).items():
            assert vars(fast)[name][choice * bins : (choice + 1) * bins] == pytest.approx(column, abs=1e-6), name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_is_its_definition(dtype):
    probabilities, labels = drawn(500, 4)
    probabilities = probabilities.astype(dtype)
    scores = Scores.from_probabilities(probabilities, labels)
    columns = [(probabilities[:, choice], labels == choice) for choice in range(4)]
    classwise = np.mean([calibration_error(*column) for column in columns])
    marginal = math.sqrt(np.mean([calibration_error(*column, norm="l2") ** 2 for column in columns]))
    gaps = [
        abs(confidence[part].astype(float).mean() - right[part].mean())
        for confidence, right in columns
        for part in np.array_split(np.argsort(confidence), 10)
    ]
    assert float(scores.classwise_ece()) == pytest.approx(classwise, abs=1e-6)
    assert float(scores.marginal_ece()) == pytest.approx(marginal, abs=1e-6)
    assert float(scores.ace(10)) == pytest.approx(np.mean(gaps), abs=1e-6)


def test_logits_give_what_their_probabilities_give():
    generator = np.random.default_rng(3)
    logits, labels = generator.normal(0.0, 3.0, (300, 5)), generator.integers(0, 5, 300)
    for measure in MEASURES:
        from_logits = getattr(Scores.from_logits(logits, labels), measure)()
        from_rows = getattr(Scores.from_probabilities(softmax(logits), labels), measure)()
        assert float(from_logits) == pytest.approx(float(from_rows), abs=1e-9)
        assert from_logits.high == pytest.approx(from_rows.high, abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
def test_scores_of_one_confidence_have_no_choices_to_look_at(measure):
    with pytest.raises(ScoresError, match=f"{measure} is about the probabilities of all choices"):
        getattr(Scores([0.9], [1]), measure)()


@pytest.mark.parametrize("measure", MEASURES)
def test_a_calibrated_and_an_overconfident_model_are_told_apart(measure):
    calibrated, too_sure = (
        getattr(Scores.from_probabilities(*drawn(5000, 3, temperature)), measure)() for temperature in (1.0, 2.5)
    )
    assert calibrated.below(0.06).status == "holds"
    assert too_sure.below(0.06).status == "refuted"


@pytest.mark.parametrize("measure", MEASURES)
def test_what_a_perfect_model_scores_is_about_the_noise_floor(measure):
    drawings = [float(getattr(Scores.from_probabilities(*drawn(400, 4, seed=seed)), measure)()) for seed in range(60)]
    floor = getattr(Scores.from_probabilities(*drawn(400, 4)), measure)().noise_floor
    assert np.mean(drawings) == pytest.approx(floor.mean, rel=0.06)
    assert np.mean(np.array(drawings) <= floor.p95) >= 0.9


@pytest.mark.parametrize("measure", MEASURES)
def test_clustered_copies_of_items_say_no_more_than_the_items(measure):
    probabilities, labels = drawn(400, 3, 2.0)
    names = np.repeat(np.arange(400).astype(str), 3)
    copies = Scores.from_probabilities(np.repeat(probabilities, 3, axis=0), np.repeat(labels, 3), clusters=names)
    alone = getattr(Scores.from_probabilities(probabilities, labels), measure)()
    clustered = getattr(copies, measure)()
    assert clustered.low <= alone.low + 0.01
    assert clustered.high >= alone.high - 0.01


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("choices", [2, 5])
def test_neither_end_is_wrong_more_often_than_promised(choices, temperature):
    generator = np.random.default_rng(0)
    logits = generator.normal(0.0, 2.0, (100_000, choices))
    said, chances = softmax(logits), softmax(logits / temperature)
    cells = [np.ceil(said[:, choice] * 15).astype(int) for choice in range(choices)]
    gaps = np.array([np.bincount(cell, (said - chances)[:, choice], minlength=17) for choice, cell in enumerate(cells)])
    truth = np.abs(gaps).sum() / len(said) / choices
    wrong = np.zeros(2)
    for _ in range(300):
        rows = generator.integers(len(said), size=300)
        labels = (chances[rows].cumsum(axis=1) < generator.random((300, 1))).sum(axis=1).clip(max=choices - 1)
        ece = Scores.from_probabilities(said[rows], labels).classwise_ece(confidence=0.9)
        wrong += (ece.low > truth + 1e-4, ece.high < truth - 1e-4)
    assert (wrong / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)).all()
