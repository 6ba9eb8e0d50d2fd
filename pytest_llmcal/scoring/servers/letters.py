"""Choices of one token, weighed in chat: by the most probable tokens that an answer could begin with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pytest_llmcal.scoring.protocol import LogLikelihood, ModelError, Request
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.echo import ServerAnswerError, first_choice, number


def messages_of(text: str, system: str | None) -> list[dict[str, str]]:
    """Put a prompt as a user's turn, perhaps behind a system prompt."""
    before = [] if system is None else [{"role": "system", "content": system}]
    return [*before, {"role": "user", "content": text}]


def most_probable(client: Client, text: str, system: str | None, count: int) -> dict[str, float]:
    """Ask which tokens an answer would begin with.

    Returns
    -------
    dict of str to float
        Natural logarithm of each one's probability; of tokens with one text, the larger.

    Raises
    ------
    ServerAnswerError
        The server tells none, or fewer.
    """
    body = {
        "messages": messages_of(text, system),
        "logprobs": True,
        "top_logprobs": count,
        "max_tokens": 1,
        "temperature": 0,
    }
    first = content_of(client, first_choice(client.post("/chat/completions", body)))[0]
    tops = first.get("top_logprobs") or []
    if len(tops) < count:  # llama-cpp-python keeps one of all tokens with one text, and that the least probable
        raise ServerAnswerError(
            f"server {client.address.url} gives too few log-probabilities in chat: {len(tops)} where {count} were "
            f"asked for. Either it gives no more, or it leaves out tokens that are written alike; where fewer are "
            f"enough for all choices, ask for fewer with --llmcal-server-top-logprobs"
        )
    found: dict[str, float] = {}
    for each in [*tops, first]:
        value = number(each.get("logprob"))
        if value is not None:
            found[str(each.get("token"))] = max(value, found.get(str(each.get("token")), -math.inf))
    return found


def content_of(client: Client, choice: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is told of each token of an answer in chat; at least one."""
    told = choice.get("logprobs")
    content = told.get("content") if isinstance(told, dict) else None
    if not isinstance(content, list) or not content or not all(isinstance(each, dict) for each in content):
        raise ServerAnswerError(
            f"server {client.address.url} gives no log-probabilities in chat, or its answer has no token"
        )
    return content


def weigh_letters(client: Client, requests: Sequence[Request], system: str | None, count: int) -> list[LogLikelihood]:
    """Weigh the continuations of one context, each of which must be one token.

    The space that a continuation begins with is left out: the answer stands first in the model's turn.

    Raises
    ------
    ServerAnswerError
        One is not among the tokens that the server told.
    """
    if not requests[0].context:
        raise ModelError(
            f"item {requests[0].item!r}: its context is empty, and a server cannot be asked in chat about nothing"
        )
    found = most_probable(client, requests[0].context, system, count)
    wanted = [request.continuation.removeprefix(" ") for request in requests]
    missing = [each for each in wanted if each not in found]
    if missing:
        least = math.exp(min(found.values(), default=0.0))
        raise ServerAnswerError(
            f"item {requests[0].item!r}: the server gives too few log-probabilities in chat: of the {count} asked for "
            f"it gave {len(found)}, down to a probability of {least:.2g}, and {', '.join(map(repr, missing))} is not "
            f"among them. All {len(set(wanted))} choices must be, each as one token such as a letter; ask for more "
            f"with --llmcal-server-top-logprobs, of which vLLM gives as many as its --max-logprobs says"
        )
    return [LogLikelihood(found[each], 1) for each in wanted]
