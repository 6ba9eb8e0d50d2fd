"""Margin and entropy over choices, beside the probability."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import LogLikelihood, NextToken, Progress, Request, score
from pytest_llmcal.scoring.confidence import ChoiceConfidence, create, names
from pytest_llmcal.tasks import Item, Items


class Odds:
    """A model that gives a choice the probability that it is worded as."""

    facts = ModelFacts("odds", "r1", "float64", "cpu")

    def log_likelihoods(
        self,
        requests: Sequence[Request],
        progress: Progress | None = None,  # noqa: ARG002  # the protocol's
    ) -> list[LogLikelihood]:
        return [LogLikelihood(math.log(float(request.continuation)), 1) for request in requests]

    def next_tokens(self, texts: Sequence[tuple[str, str]], progress: Progress | None = None) -> list[list[NextToken]]:
        raise NotImplementedError

    def close(self) -> None:
        pass


ITEMS = Items(
    "odds",
    "test",
    (
        Item("a", "?", (" 0.7", " 0.2", " 0.1"), 0, {"kind": "k"}),
        Item("b", "?", (" 0.25", " 0.75"), 0),
        Item("c", "?", (" 0.5", " 0.50"), 0),
    ),
)


@pytest.mark.parametrize(
    ("method", "confidence"),
    [
        ("probability", [0.7, 0.75, 0.5]),
        ("margin", [0.5, 0.5, 0.0]),
        (
            "entropy",
            [
                1 + (0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1)) / math.log(3),
                1 + (0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / math.log(2),
                0.0,
            ],
        ),
    ],
)
def test_it_is_what_the_formula_says_of_each_item_s_own_choices(method: str, confidence: list[float]) -> None:
    scores = score(Odds(), ITEMS, confidence=method, progress=False)
    np.testing.assert_allclose(scores.confidence, confidence, atol=1e-12)
    assert scores.correct.tolist() == [1, 0, 1]
    assert (scores.ids, scores.groups["kind"]) == (("a", "b", "c"), ("k", "", ""))
    assert (scores.choices is None) == (method != "probability")
    assert scores.about.confidence_method == (None if method == "probability" else method)


def test_the_default_is_the_probability() -> None:
    assert (
        score(Odds(), ITEMS, progress=False).about
        == score(Odds(), ITEMS, confidence="probability", progress=False).about
    )


@given(
    weights=arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(0.0, 1.0)),
    data=st.data(),
)
def test_each_lies_between_0_and_1_and_knows_no_order_of_choices(weights: np.ndarray, data: st.DataObject) -> None:
    weights[:, 0] += 1e-3
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    order = data.draw(st.permutations(range(probabilities.shape[1])))
    for name in names("choices"):
        method = create(name)
        assert isinstance(method, ChoiceConfidence)
        found = method.of_choices(probabilities, np.ones(probabilities.shape, bool))
        assert ((found >= 0.0) & (found <= 1.0)).all()
        turned = method.of_choices(probabilities[:, order], np.ones(probabilities.shape, bool))
        np.testing.assert_allclose(turned, found, atol=1e-12)
