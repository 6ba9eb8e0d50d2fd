"""Scores of a model's answers: choices become logits, next tokens become confidences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import LogLikelihood, Model, ModelError, NextToken, Progress, Request, load_model, score
from pytest_llmcal.tasks import Item, Items, Task, TaskError, Text


class Oracle:
    """A model whose every answer is known: twelve nats a context, one a letter, a token every two letters."""

    facts = ModelFacts("oracle", "r1", "float32", "cpu")

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> list[LogLikelihood]:
        if progress is not None:
            progress(len(requests), len(requests))
        return [
            LogLikelihood(
                -len(each.continuation) - (12.0 if each.context else 0.0), math.ceil(len(each.continuation) / 2)
            )
            for each in requests
        ]

    def next_tokens(self, texts: Sequence[tuple[str, str]], progress: Progress | None = None) -> list[list[NextToken]]:
        if progress is not None:
            progress(len(texts), len(texts))
        return [[NextToken(0.5 + 0.1 * place, place == 1) for place in range(len(text))] for _, text in texts]

    def close(self) -> None:
        pass


ITEMS = (
    Item("a", "q", (" x", " yyy"), 0, {"region": "north", "kind": "k"}, (0.75, 0.25)),
    Item("b", "q", (" é", " yy", " zzzz"), 2, {"region": "south"}, (0.5, 0.25, 0.25)),
)
SPLIT = Items("letters", "test", ITEMS)
INF = math.inf


@pytest.mark.parametrize(
    ("normalization", "logits"),
    [
        ("sum", [[-14, -16, -INF], [-14, -15, -17]]),
        ("mean", [[-14, -8, -INF], [-14, -7.5, -17 / 3]]),
        ("byte", [[-7, -4, -INF], [-14 / 3, -5, -17 / 5]]),
        ("pmi", [[-12, -12, -INF], [-12, -12, -12]]),
    ],
)
def test_logits_are_normalised_log_likelihoods(normalization: str, logits: list[list[float]]) -> None:
    scores = score(Oracle(), SPLIT, normalization=normalization)
    odds = np.exp(np.array(logits))
    probabilities = odds / odds.sum(1, keepdims=True)
    np.testing.assert_allclose(scores.confidence, probabilities.max(1), rtol=1e-12)
    assert scores.correct.tolist() == [probabilities[0].argmax() == 0, probabilities[1].argmax() == 2]


def test_scores_say_of_whom_and_of_what_they_speak() -> None:
    about = score(Oracle(), SPLIT).about
    assert (about.model, about.revision, about.task, about.split) == ("oracle", "r1", "letters", "test")
    assert about.data == SPLIT.fingerprint


def test_ids_groups_and_truth_come_along() -> None:
    scores = score(Oracle(), SPLIT)
    assert scores.ids == ("a", "b")
    assert scores.groups == {"region": ("north", "south"), "kind": ("k", "")}
    assert scores.exact_ece() is not None


def test_truth_known_of_some_items_only_is_left_out() -> None:
    assert score(Oracle(), [ITEMS[0], Item("c", "q", (" x", " y"), 0)]).exact_ece() is None


def test_a_task_is_scored_on_its_test_split() -> None:
    task = Task("letters", Items("letters", "calibration", ITEMS[:1]), SPLIT, "here")
    assert score(Oracle(), task).ids == ("a", "b")
    assert task.calibration is not None
    assert score(Oracle(), task.calibration).about.split == "calibration"


def test_a_plain_list_of_items_belongs_to_no_task() -> None:
    scores = score(Oracle(), list(ITEMS))
    assert (scores.about.task, scores.about.split) == (None, None)
    assert scores.about.data is not None
    with pytest.raises(TaskError, match="has no items"):
        score(Oracle(), [])
    with pytest.raises(TaskError, match="share the id 'a'"):
        score(Oracle(), [ITEMS[0], ITEMS[0]])


def test_every_token_of_a_text_is_a_question() -> None:
    scores = score(Oracle(), [Text("s", "abc", {"kind": "k"}), Text("t", "ab")])
    assert scores.ids == ("s:0", "s:1", "s:2", "t:0", "t:1")
    np.testing.assert_allclose(scores.confidence, [0.5, 0.6, 0.7, 0.5, 0.6])
    assert scores.correct.tolist() == [False, True, False, False, True]
    assert scores.groups == {"text": ("s", "s", "s", "t", "t"), "kind": ("k", "k", "k", "", "")}


def test_an_unknown_normalization_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ModelError, match="unknown normalization 'length'; allowed are sum, mean, byte, pmi"):
        score(Oracle(), SPLIT, normalization="length")


def test_running_text_has_nothing_to_normalise() -> None:
    with pytest.raises(
        ModelError, match="normalization 'mean' is for choices; written answers and running text know only 'sum'"
    ):
        score(Oracle(), [Text("s", "abc")], normalization="mean")


def test_progress_is_handed_on() -> None:
    seen: list[tuple[int, int]] = []
    score(Oracle(), SPLIT, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(5, 5)]


def test_progress_stands_on_standard_error_after_a_moment_unless_it_is_turned_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    score(Oracle(), SPLIT)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("pytest_llmcal.scoring.progress.PATIENCE", 0.0)
    score(Oracle(), SPLIT)
    out, error = capsys.readouterr()
    assert (out, error.startswith("oracle on letters (test): 5 of 5, ")) == ("", True)
    score(Oracle(), list(ITEMS))
    assert capsys.readouterr().err.startswith("oracle: 5 of 5, ")
    score(Oracle(), SPLIT, progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_real_model_agrees_with_its_own_log_likelihoods(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("llama"), device="cpu")
    assert isinstance(model, Model)
    requests = [Request(item.id, item.prompt, choice) for item in ITEMS for choice in item.choices]
    one, two, *rest = (answer.total for answer in model.log_likelihoods(requests))
    expected = [max(np.exp(row) / np.exp(row).sum()) for row in (np.array([one, two]), np.array(rest))]
    np.testing.assert_allclose(score(model, SPLIT).confidence, expected, rtol=1e-9)
