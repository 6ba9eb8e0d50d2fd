"""Log-probabilities of a prompt's own tokens, from completions that repeat the prompt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.places import is_part, places

NEEDED = "vLLM does, and llama-cpp-python with --logits_all true; docs/servers.md names others"

MOST_APART = 0.1
"""Difference in nats between two answers to one question beyond which a server's answers are not taken for scores."""


class ServerAnswerError(ModelError):
    """A server answers otherwise than it must for its answers to be scores."""


@dataclass(frozen=True)
class EchoedToken:
    """One token of a text that was sent.

    Attributes
    ----------
    text : str
        As the server writes it.
    start : int or None
        Where it begins; None within a character.
    log_probability : float or None
        Natural logarithm of its probability after all before it; None where the server says none.
    best : float
        That of the most probable token at its place, as far as told.
    """

    text: str
    start: int | None
    log_probability: float | None
    best: float

    @property
    def tells_the_best(self) -> bool:
        """Whether ``best`` is sure to be that of the most probable token.

        Servers list tokens by their text, and all parts of characters have the same: then another one may have been
        listed in its place, unless this one has more than half of the probability.
        """
        own = self.log_probability
        return own is None or not is_part(self.text) or own < self.best or own > math.log(0.5)


def echoed(client: Client, text: str) -> list[EchoedToken]:
    """Ask for every token of a text.

    Parameters
    ----------
    client : Client
    text : str
        At least one character.

    Returns
    -------
    list of EchoedToken
        A begin token is left out.

    Raises
    ------
    ServerAnswerError
        The server does not repeat the text, or does not tell its tokens.
    ModelError
        As `Client.post`.
    """
    # one token more: 0 means no end to llama-cpp-python
    body = {"prompt": text, "echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0}
    answer = client.post("/completions", body)
    choice = first_choice(answer)
    if not str(choice.get("text")).startswith(text):
        raise ServerAnswerError(
            f"server {client.address.url} ignores echo: it was sent {_cut(text)} and should have repeated it, but "
            f"wrote {_cut(str(choice.get('text')))}. Choices can be weighed only by a server that knows echo: {NEEDED}"
        )
    tokens, own, best = _listed(client, choice)
    count = max(0, len(tokens) - completion_tokens(client, answer))
    found, first = places(text, tokens[:count]), 0
    if found is None and own[0] is None:  # a begin token, as <s>
        found, first = places(text, tokens[1:count]), 1
    if found is None:
        raise ServerAnswerError(
            f"server {client.address.url} gives too few log-probabilities, or those of another text: the "
            f"{count} tokens that it names, {_cut(''.join(tokens[:count]))}, are not those of {_cut(text)}. Choices "
            f"can be weighed only by a server that tells all tokens of a prompt: {NEEDED}"
        )
    listed = zip(tokens[first:count], found, own[first:count], best[first:count], strict=True)
    return [EchoedToken(*each) for each in listed]


def first_choice(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the first choice of an answer, nothing in place of none."""
    choices = answer.get("choices")
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def completion_tokens(client: Client, answer: dict[str, Any]) -> int:
    """Return how many tokens a server says to have written."""
    usage = answer.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if not isinstance(count, int):
        raise ServerAnswerError(f"server {client.address.url} does not say how many tokens it wrote: no usage")
    return count


def number(value: object) -> float | None:
    """Return a log-probability; None for what is none. Rounding may leave it a little above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or value > 1e-3:
        return None
    return min(float(value), 0.0)


def _listed(client: Client, choice: dict[str, Any]) -> tuple[list[str], list[float | None], list[float]]:
    listed = choice.get("logprobs")
    told = listed if isinstance(listed, dict) else {}
    tokens, own, tops = (told.get(key) or [] for key in ("tokens", "token_logprobs", "top_logprobs"))
    if not tokens or not len(tokens) == len(own) == len(tops):
        raise ServerAnswerError(
            f"server {client.address.url} gives too few log-probabilities: {len(tokens)} tokens, {len(own)} "
            f"log-probabilities of them and {len(tops)} lists of the most probable ones; one each is needed: {NEEDED}"
        )
    numbers = [number(each) for each in own]
    return [str(token) for token in tokens], numbers, [_best(*pair) for pair in zip(numbers, tops, strict=True)]


def _best(own: float | None, top: object) -> float:
    values: Sequence[object] = list(top.values()) if isinstance(top, dict) else []
    known = [each for each in (own, *map(number, values)) if each is not None]
    return max(known, default=-math.inf)


def _cut(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
