"""Semantic entropy is the published formula, and its confidence falls with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scripted_model import ScriptedModel, written

from pytest_llmcal.scoring import ModelError
from pytest_llmcal.scoring.confidence import Asker
from pytest_llmcal.scoring.confidence.samples import Samples
from pytest_llmcal.scoring.confidence.semantic_entropy import DiscreteSemanticEntropy, SemanticEntropy
from pytest_llmcal.tasks import OpenItem, Writing

TEXTS = (
    written("Paris", -0.1, -0.3),
    written("It is Paris", -0.9, -0.2, -0.4, -0.1),
    written("Rome", -2.0, -1.5),
    written("Paris", -0.1, -0.3),
    written("Lyon", -1.0),
)
DRAWN = Samples(TEXTS, (0, 0, 1, 0, 2))


def published(logarithms: list[float], classes: tuple[int, ...]) -> float:
    """Entropy of the classes' sums of probabilities, normalised over the samples, after the text of the papers."""
    probabilities = np.exp(logarithms) / np.sum(np.exp(logarithms))
    return float(stats.entropy([probabilities[np.array(classes) == each].sum() for each in set(classes)]))


def test_counts_give_the_discrete_entropy() -> None:
    expected = 1 - float(stats.entropy([3, 1, 1])) / math.log(5)
    assert DiscreteSemanticEntropy().confidence(DRAWN) == pytest.approx(expected, abs=1e-12)


def test_probabilities_give_the_entropy_by_token_or_in_sum() -> None:
    means = [float(np.mean(text.log_probabilities)) for text in TEXTS]
    sums = [float(np.sum(text.log_probabilities)) for text in TEXTS]
    by_token = 1 - published(means, DRAWN.classes) / math.log(5)
    in_sum = 1 - published(sums, DRAWN.classes) / math.log(5)
    assert SemanticEntropy().confidence(DRAWN) == pytest.approx(by_token, abs=1e-12)
    assert SemanticEntropy(length_normalized=False).confidence(DRAWN) == pytest.approx(in_sum, abs=1e-12)
    assert by_token != pytest.approx(in_sum, abs=0.01)


@pytest.mark.parametrize(("classes", "entropy"), [((0, 1, 2), 0.94), ((0, 0, 1), 0.33)])
def test_the_worked_example_of_the_paper_comes_out(classes: tuple[int, ...], entropy: float) -> None:
    # Kuhn, Gal, Farquhar, table 1: Paris 0.5; Rome, or "It's Paris", 0.4; London 0.1
    drawn = Samples(tuple(written("x", math.log(each)) for each in (0.5, 0.4, 0.1)), classes)
    assert (1 - SemanticEntropy().confidence(drawn)) * math.log(3) == pytest.approx(entropy, abs=0.006)


def test_confidence_ranks_items_as_the_entropy_does() -> None:
    draw = np.random.default_rng(0)
    drawn = [sorted(draw.integers(0, draw.integers(1, 9), 20).tolist()) for _ in range(200)]
    confidences = [
        DiscreteSemanticEntropy().confidence(
            Samples((TEXTS[0],) * 20, tuple(sorted(set(classes)).index(each) for each in classes))
        )
        for classes in drawn
    ]
    entropies = [float(stats.entropy(sorted(np.unique(classes, return_counts=True)[1]))) for classes in drawn]
    assert stats.rankdata(confidences).tolist() == stats.rankdata(np.negative(entropies).round(12)).tolist()


def test_equally_probable_samples_give_the_discrete_entropy() -> None:
    alike = Samples((written("x", -2.0),) * 5, DRAWN.classes)
    assert SemanticEntropy().confidence(alike) == pytest.approx(DiscreteSemanticEntropy().confidence(alike), abs=1e-12)


def test_very_improbable_texts_lose_nothing() -> None:
    long = Samples((written("x", *[-20.0] * 100), written("y", *[-20.0] * 100)), (0, 1))
    assert SemanticEntropy(length_normalized=False).confidence(long) == pytest.approx(0.0, abs=1e-12)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.lists(st.floats(-50, 0), min_size=1, max_size=4)), min_size=2, max_size=20
    ),
    st.randoms(use_true_random=False),
)
def test_the_confidence_lies_between_0_and_1_and_does_not_depend_on_the_order(drawn, random) -> None:
    def confidences(rows) -> list[float]:
        numbers = {number: place for place, number in enumerate(dict.fromkeys(number for number, _ in rows))}
        samples = Samples(tuple(written("x", *logs) for _, logs in rows), tuple(numbers[number] for number, _ in rows))
        return [method.confidence(samples) for method in (SemanticEntropy(), DiscreteSemanticEntropy())]

    before = confidences(drawn)
    random.shuffle(drawn)
    assert confidences(drawn) == before
    assert all(0.0 <= each <= 1.0 for each in before)


def test_one_meaning_is_certain_and_as_many_as_samples_are_not() -> None:
    for method in (SemanticEntropy(), DiscreteSemanticEntropy()):
        assert method.confidence(Samples((written("x"),) * 7, (0,) * 7)) == 1.0
        assert method.confidence(Samples((written("x"),) * 7, tuple(range(7)))) == pytest.approx(0.0, abs=1e-12)


ITEMS = [OpenItem("paris", "Capital of France?", ("Paris",))]


@pytest.mark.parametrize("method", [SemanticEntropy, DiscreteSemanticEntropy])
def test_the_greedy_answer_is_judged_or_the_majority_s(method) -> None:
    model = ScriptedModel(samples={"paris": TEXTS}, greedy={"paris": written("Lyon")})
    asker = Asker(model)
    [greedy] = method(samples=5).answers(asker, ITEMS, Writing())
    assert (greedy.text, asker.calls) == ("Lyon", 6)
    asker = Asker(ScriptedModel(samples={"paris": TEXTS}))
    [majority] = method(samples=5, answer="majority").answers(asker, ITEMS, Writing())
    assert (majority.text, asker.calls) == ("Paris", 5)
    assert majority.confidence == greedy.confidence
    with pytest.raises(ModelError, match="answer is 'best'; allowed are 'greedy' and 'majority'"):
        method(answer="best")


def test_without_log_probabilities_it_says_what_needs_none() -> None:
    for logs in ((math.nan,), (-math.inf,)):
        with pytest.raises(ModelError, match="discrete_semantic_entropy needs none"):
            SemanticEntropy().confidence(Samples((written("x", *logs), written("y")), (0, 1)))
