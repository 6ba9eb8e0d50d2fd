"""The world's tasks whose answers are written, and its running text: drawn at the true odds of all that may follow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pytest_llmcal.scoring import load_model, score
from pytest_llmcal.tasks import Items, OpenItem, TaskError, Text
from pytest_llmcal.tasks.correctness.exact import normalized
from pytest_llmcal.world import RUNNING_TEXT, WRITTEN_NAMES, load_task
from pytest_llmcal.world.facts import WORLD_SEED
from pytest_llmcal.world.grammar import QUESTIONS, Question
from pytest_llmcal.world.seeds import generator

each_task = pytest.mark.parametrize("name", WRITTEN_NAMES)


def asked(name: str) -> Iterator[tuple[OpenItem, Question]]:
    """Items of the test split, each with the question that it was made of."""
    rng = generator(name, "test", WORLD_SEED)
    for item in load_task(name).test:
        question = QUESTIONS[name.removesuffix("-written")](rng)
        question.draw(rng)
        assert isinstance(item, OpenItem)
        yield item, question


def test_each_of_the_five_tasks_has_its_answers_written_too() -> None:
    assert tuple(f"{name}-written" for name in QUESTIONS) == WRITTEN_NAMES
    assert (len(load_task("world/qa-written").test), len(load_task("world/qa-written").calibration or ())) == (
        2000,
        1000,
    )


@each_task
def test_references_are_drawn_at_the_odds_of_all_that_may_be_written(name: str) -> None:
    hits, odds, renormalized = [], [], []
    for item, question in asked(name):
        assert item.prompt == question.prompt
        likeliest = max(question.odds, key=question.odds.__getitem__)
        top = question.odds[likeliest]
        hits.append(item.references == (likeliest.strip(),))
        odds.append(top)
        renormalized.append(top / (top + min(question.odds.values())))  # as if two choices were offered
    spread = np.sqrt(np.sum(np.multiply(odds, np.subtract(1, odds))))
    assert abs(np.sum(hits) - np.sum(odds)) < 4 * spread
    assert abs(np.sum(hits) - np.sum(renormalized)) > 4 * spread


@each_task
def test_no_two_continuations_of_a_prompt_are_the_same_answer(name: str) -> None:
    for _, question in list(asked(name))[:300]:
        assert len({normalized(text) for text in question.odds}) == len(question.odds)


@each_task
def test_the_probability_of_what_the_calibrated_model_writes_is_close_to_its_true_odds(name: str) -> None:
    """The end belongs to the text: where the model would go on, it has not given this answer."""
    pairs = list(asked(name))[:150]
    task = load_task(name)
    scores = score(load_model("world/gpt2", device="cpu"), task.test[:150], progress=False)
    odds = [question.odds[text] for text, (_, question) in zip(scores.answers or (), pairs, strict=True)]
    assert float(np.mean(np.abs(scores.confidence - odds))) < 0.06
    assert set(scores.outcomes or ()) == {"answered"}


def test_the_running_text_is_of_all_five_grammars_and_each_text_is_a_cluster() -> None:
    texts = load_task(RUNNING_TEXT).test
    assert len(texts) == 300
    assert all(isinstance(text, Text) for text in texts)
    few = Items(RUNNING_TEXT, "test", texts.items[:10])
    scores = score(load_model("world/gpt2", device="cpu"), few, progress=False)
    assert scores.clusters == scores.groups["text"]
    assert len(set(scores.clusters)) == 10


def test_an_unknown_task_is_answered_with_those_that_are() -> None:
    with pytest.raises(TaskError, match=r"no task 'world/poetry-written'; .*each of them with -written behind it, "):
        load_task("world/poetry-written")
