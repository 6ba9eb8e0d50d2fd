"""A check before the first question: whether a server can answer it, and whether its model is the one that it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.scoring.protocol import GenerationOptions, ModelError
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.echo import MOST_APART, EchoedToken, ServerAnswerError, echoed
from pytest_llmcal.scoring.servers.faults import RefusedError
from pytest_llmcal.scoring.servers.letters import most_probable
from pytest_llmcal.scoring.servers.writing import write

TEXT = "The river rose in the night, and by morning the old bridge at Oakrise was gone. Three people had seen it."
"""Sent with every check."""

_ROUNDING = 1e-3
"""Below this, two answers are the same: servers batch requests otherwise each time."""


@dataclass(frozen=True)
class Probe:
    """What a server said to the check.

    Attributes
    ----------
    numbers : tuple of float
        Log-probabilities, in nats.
    tolerance : float
        By how much they may differ the next time, of the same model.
    """

    numbers: tuple[float, ...]
    tolerance: float

    def is_of(self, numbers: Sequence[float]) -> bool:
        """Tell whether these are the same model's numbers.

        Examples
        --------
        >>> Probe((-1.0, -2.0), 0.001).is_of([-1.0, -2.0005]), Probe((-1.0, -2.0), 0.001).is_of([-1.0, -2.1])
        (True, False)
        """
        return len(numbers) == len(self.numbers) and _apart(self.numbers, numbers) <= self.tolerance


def check_name(client: Client) -> None:
    """Raise where a server lists its models and this is none of them: some answer for any name with the one they have.

    Raises
    ------
    ModelError
        It is not there, or the server cannot be reached.
    """
    try:
        listed = client.get("/models").get("data")
    except RefusedError as error:
        if error.status in (404, 405, 501):  # a server need not list them
            return
        raise
    names = [str(each.get("id")) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if names and client.address.model not in names:
        raise ModelError(
            f"server {client.address.url} has no model {client.address.model!r}; it has {', '.join(map(repr, names))}"
        )


def probe_echo(client: Client) -> Probe:
    """Ask for the tokens of a text, twice, and hold what is written after its beginning against what echo says there.

    Raises
    ------
    ServerAnswerError
        Echo is ignored, log-probabilities are missing or belong to other tokens, or two answers differ.
    """
    first, second = (echoed(client, TEXT) for _ in range(2))
    numbers = _numbers(client, first)
    apart = _check_alike(client, numbers, _numbers(client, second))
    _check_places(client, first)
    return Probe(tuple(numbers), max(_ROUNDING, 3 * apart))


def probe_chat(client: Client, system: str | None, count: int) -> Probe:
    """Ask which tokens an answer begins with, twice.

    Raises
    ------
    ServerAnswerError
        The server tells none, or two answers differ.
    """
    first, second = (most_probable(client, TEXT, system, count) for _ in range(2))
    common = sorted(set(first) & set(second))  # the least probable ones may change places
    apart = _check_alike(client, [first[each] for each in common], [second[each] for each in common])
    likely = sorted(first, key=lambda each: first[each], reverse=True)[: (len(first) + 1) // 2]
    return Probe(tuple(sorted(first[each] for each in likely)), max(_ROUNDING, 3 * apart))


def _numbers(client: Client, tokens: Sequence[EchoedToken]) -> list[float]:
    numbers = [token.log_probability for token in tokens]
    known = [each for each in numbers if each is not None]
    if len(known) < len(numbers) - 1 or (numbers and numbers[-1] is None):
        raise ServerAnswerError(
            f"server {client.address.url} gives too few log-probabilities: for {len(known)} of {len(numbers)} tokens "
            f"of a prompt; all are needed but the first"
        )
    return known


def _check_alike(client: Client, first: Sequence[float], second: Sequence[float]) -> float:
    apart = _apart(first, second) if len(first) == len(second) else float("inf")
    if not first or apart > MOST_APART:
        raise ServerAnswerError(
            f"server {client.address.url} answers one question twice with log-probabilities that are {apart:.3g} nats "
            f"apart; at most {MOST_APART} is allowed"
        )
    return apart


def _check_places(client: Client, tokens: Sequence[EchoedToken]) -> None:
    """Raise where echo tells the log-probabilities of other tokens, say of those one place further.

    What is written after a beginning of the text is as probable as echo says the best token at its place to be.
    """
    place = max((place for place, token in enumerate(tokens) if token.start), default=None)
    if place is None:
        raise ServerAnswerError(f"server {client.address.url} takes a text of many words for one token")
    start, best = tokens[place].start, tokens[place].best
    written = write(client, "check", TEXT[:start], GenerationOptions(1), 0, chat=False, system=None)
    if abs(best - written.log_probabilities[0]) > MOST_APART:
        raise ServerAnswerError(
            f"server {client.address.url} contradicts itself: it wrote {written.text!r} with a log-probability of "
            f"{written.log_probabilities[0]:.4f}, and by echo the most probable token there has {best:.4f}. Its echo "
            f"tells the log-probabilities of other tokens, or what it writes is changed by a setting of the server"
        )


def _apart(first: Sequence[float], second: Sequence[float]) -> float:
    return max((abs(one - other) for one, other in zip(first, second, strict=True)), default=0.0)
