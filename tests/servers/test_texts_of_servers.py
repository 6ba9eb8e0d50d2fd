"""Texts that a server writes, and running text that it reads, with the probabilities of its tokens."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from faulty_server import Answer, FaultyServer
from invented_model import VOCABULARY, InventedServer, log_probability

from pytest_llmcal.scoring import GenerationOptions, ModelError

pytest.importorskip("httpx", reason="needs the extra servers")

Serve = Callable[..., FaultyServer]
Ask = Callable[..., Any]


def ending(choice: dict[str, Any], written: int) -> Callable[..., Answer]:
    """A server that writes one thing, and is right otherwise."""
    invented = InventedServer()

    def respond(method: str, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        if "bees" in str(body.get("prompt")):
            return 200, {"choices": [choice], "usage": {"completion_tokens": written}}
        return invented(method, path, body, headers)

    return respond


def test_a_text_has_the_log_probability_of_every_token(serve: Serve, ask: Ask) -> None:
    [[text]] = ask(serve().url).generate([("a", "the bees")], GenerationOptions(3))
    before, expected = "the bees", []
    for _ in range(3):
        best = max(VOCABULARY, key=lambda each: log_probability(before, each))  # used at once
        expected.append(log_probability(before, best))
        before += best
    assert (text.text, list(text.log_probabilities)) == (before.removeprefix("the bees"), expected)
    assert (text.finish_reason, text.tokens) == ("length", (-1, -1, -1))


def test_each_sample_has_a_seed_of_its_own_and_the_same_one_each_time(serve: Serve, ask: Ask) -> None:
    server = serve()
    options = GenerationOptions(2, stop=["\n"], temperature=0.7, top_p=0.9, samples=3, seed=5)
    for _ in range(2):
        ask(server.url).generate([("a", "the bees"), ("b", "the bees")], options)
    asked = [body for _, body in server.asked if body.get("stop") == ["\n"]]
    seeds = [body["seed"] for body in asked]
    assert len(set(seeds)) == 6
    assert sorted(seeds[:6]) == sorted(seeds[6:])
    assert all((body["temperature"], body["top_p"], body["top_k"], body["min_p"]) == (0.7, 0.9, 0, 0) for body in asked)


@pytest.mark.parametrize(
    ("choice", "written", "reason"),
    [
        ({"text": "", "finish_reason": "stop"}, 0, "prompt 'a': the text ends before its first token"),
        ({"text": " the sea", "finish_reason": "stop"}, 2, "too few log-probabilities: 0 for 2 tokens"),
        (
            {"text": " the", "finish_reason": "length", "logprobs": {"token_logprobs": [-1.0]}},
            1,
            "room for 1 tokens of the 3",
        ),
        ({"text": " the", "finish_reason": "content_filter"}, 1, "ended for the reason 'content_filter'"),
    ],
)
def test_a_text_without_its_probabilities_is_refused(
    serve: Serve, ask: Ask, choice: dict[str, Any], written: int, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        ask(serve(ending(choice, written)).url).generate([("a", "the bees")], GenerationOptions(3))


def test_running_text_is_guessed_from_its_second_token_on(serve: Serve, ask: Ask) -> None:
    [tokens] = ask(serve().url).next_tokens([("a", "the bees the sea")])
    before = ["the", "the bees", "the bees the"]
    following = [" bees", " the", " sea"]
    best = [max(VOCABULARY, key=lambda each: log_probability(text, each)) for text in before]
    assert [token.confidence for token in tokens] == [
        math.exp(log_probability(*pair)) for pair in zip(before, best, strict=True)
    ]
    assert [token.correct for token in tokens] == [one == other for one, other in zip(best, following, strict=True)]


def test_a_part_of_a_character_that_may_hide_the_best_token_is_refused(serve: Serve, ask: Ask) -> None:
    listed = {"tokens": ["bees", " ", "", ""], "token_logprobs": [None, -1.0, -2.0, -0.1]}
    listed["top_logprobs"] = [None, {" ": -1.0}, {"": -2.0}, {"": -0.1}]
    choice = {"text": "bees é!", "finish_reason": "length", "logprobs": {k: [*v, v[1]] for k, v in listed.items()}}
    choice["logprobs"]["tokens"][-1] = "!"
    with pytest.raises(ModelError, match="text 'a': token 1 is a part of a character"):
        ask(serve(ending(choice, 1)).url).next_tokens([("a", "bees é")])
