"""Letters are weighed in chat, by the most probable tokens; a choice that is not among them is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faulty_server import FaultyServer
from invented_model import VOCABULARY, log_probability

from pytest_llmcal.scoring import GenerationOptions, IncompleteError, ModelError, Request
from pytest_llmcal.scoring.servers import ServerOptions, load_server

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
Ask = Callable[..., Any]
ALL = ServerOptions(concurrency=4, attempts=4, first_wait=0.01, top_log_probabilities=len(VOCABULARY))
LETTERS = [Request(f"item {each}", f"Which of {each}?", f" {letter}") for each in range(3) for letter in "ABCD"]


def test_letters_have_the_probabilities_of_the_first_token_of_an_answer(serve: Serve, ask: Ask) -> None:
    server = serve()
    answers = ask(server.url, chat=True, system="Answer with a letter.", options=ALL).log_likelihoods(LETTERS)
    prompts = [f"system: Answer with a letter.\nuser: {request.context}\n" for request in LETTERS]
    expected = [log_probability(*pair) for pair in zip(prompts, "ABCD" * 3, strict=True)]
    assert [answer.total for answer in answers] == expected
    assert {answer.tokens for answer in answers} == {1}
    assert len(server.asked) == 3 + 3  # names and the check; one for all letters of an item


def test_too_few_log_probabilities_are_refused_with_the_number_needed(serve: Serve, ask: Ask) -> None:
    with pytest.raises(ModelError, match="too few log-probabilities in chat: 2 where 20 were asked for"):
        ask(serve(fault="tells few in chat").url, chat=True).log_likelihoods(LETTERS)


def test_a_letter_that_is_not_among_them_is_refused_with_the_number_needed(serve: Serve, ask: Ask) -> None:
    few = ServerOptions(top_log_probabilities=3)
    with pytest.raises(
        ModelError, match=r"of the 3 asked for it gave 3, down to a probability of .* All 4 choices must"
    ):
        ask(serve().url, chat=True, options=few).log_likelihoods(LETTERS)


def test_a_choice_of_several_tokens_is_refused(serve: Serve, ask: Ask) -> None:
    with pytest.raises(ModelError, match=r"'Maravel' is not among them.*each as one token such as a letter"):
        ask(serve().url, chat=True).log_likelihoods([Request("1", "Where?", " A"), Request("1", "Where?", " Maravel")])


def test_letters_that_were_answered_before_a_fault_are_kept(serve: Serve, ask: Ask, tmp_path: Path) -> None:
    server = serve()
    server.broken_from = 5
    with pytest.raises(IncompleteError) as caught:
        ask(server.url, chat=True, cache_dir=tmp_path, options=ALL).log_likelihoods(LETTERS)
    assert len(caught.value.answers) in (4, 8)
    server.broken_from = None
    server.asked.clear()
    ask(server.url, chat=True, cache_dir=tmp_path, options=ALL).log_likelihoods(LETTERS)
    assert len(server.asked) == 3 + 3 - len(caught.value.answers) // 4


def test_what_chat_cannot_be_asked_is_refused(serve: Serve, ask: Ask) -> None:
    model = ask(serve().url, chat=True)
    with pytest.raises(ModelError, match="cannot guess tokens of running text"):
        model.next_tokens([("a", "the sea")])
    with pytest.raises(ModelError, match="its context is empty"):
        model.log_likelihoods([Request("1", "", " A")])
    with pytest.raises(ModelError, match="only a chat has a place for it"):
        load_server("openai:http://localhost/v1#name", system="Be brief.")


def test_texts_are_written_in_chat_too(serve: Serve, ask: Ask) -> None:
    [[text]] = ask(serve().url, chat=True).generate([("a", "the sea")], GenerationOptions(3))
    assert text.text
    assert len(text.log_probabilities) == 3
