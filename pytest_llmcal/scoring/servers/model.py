"""A model behind a server, as a `Model`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.protocol import (
    Generation,
    GenerationOptions,
    IncompleteError,
    LogLikelihood,
    ModelError,
    NextToken,
    Progress,
    Prompts,
    Request,
)
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.concurrency import all_answers
from pytest_llmcal.scoring.servers.faults import RefusedError
from pytest_llmcal.scoring.servers.letters import weigh_letters
from pytest_llmcal.scoring.servers.options import ServerOptions
from pytest_llmcal.scoring.servers.probe import Probe, check_name, probe_chat, probe_echo
from pytest_llmcal.scoring.servers.weighing import EchoWeighing
from pytest_llmcal.scoring.servers.writing import write

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

SERVED = "served"
"""Where a server does not tell: its revision, its number format."""


class ServedModel:
    """A model behind a server. Before the first question the server is checked; see `probe`.

    Parameters
    ----------
    client : Client
    options : ServerOptions
    revision : str or None
        What the model's user declares of it.
    chat : bool
        Whether prompts are put as a user's turn.
    system : str or None
        System prompt before that.
    """

    def __init__(
        self, client: Client, options: ServerOptions, *, revision: str | None, chat: bool, system: str | None
    ) -> None:
        self._client = client
        self._options = options
        self._revision = revision
        self._chat = chat
        self._system = system
        self._weighing = EchoWeighing(client)
        self._closed = False

    @property
    def facts(self) -> ModelFacts:
        """Name, and what little is known besides."""
        return ModelFacts(str(self._client.address), self._revision or SERVED, SERVED, "server")

    @cached_property
    def probe(self) -> Probe:
        """What the server said to the check.

        Raises
        ------
        ModelError
            It is not the server that is needed; the text says what is wrong with it.
        """
        check_name(self._client)
        if self._chat:
            return probe_chat(self._client, self._system, self._options.top_log_probabilities)
        return probe_echo(self._client)

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> list[LogLikelihood]:
        """Weigh every request, in the order given; in chat each continuation must be one token.

        Raises
        ------
        IncompleteError
            The server failed; what it answered before is carried along.
        """
        if not self._chat:
            return self._all(self._weighing.weigh, requests, lambda request: request.item, progress)
        groups: dict[tuple[str, str], list[int]] = {}
        for place, request in enumerate(requests):
            groups.setdefault((request.item, request.context), []).append(place)
        places = list(groups.values())
        together = [[requests[place] for place in group] for group in places]
        try:
            weighed = self._all(self._weigh_letters, together, lambda group: group[0].item, progress)
        except IncompleteError as stopped:
            raise IncompleteError(str(stopped), _spread(places, stopped.answers)) from None
        answers = _spread(places, dict(enumerate(weighed)))
        return [answers[place] for place in range(len(requests))]

    def next_tokens(
        self, texts: Sequence[tuple[str, str]], progress: Progress | None = None
    ) -> list[Sequence[NextToken]]:
        """Guess every token of each ``(id, text)`` that the server tells of: all but the first.

        Raises
        ------
        IncompleteError
            As for ``log_likelihoods``.
        ModelError
            The model is asked in chat, which no running text is.
        """
        if self._chat:
            raise ModelError(f"model {self.facts.name!r} is asked in chat, which cannot guess tokens of running text")
        return self._all(lambda text: self._weighing.guess(*text), texts, lambda text: text[0], progress)

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        """Continue each prompt, in the order given; ``options.samples`` texts for each.

        Servers do not tell the numbers of tokens: in ``tokens`` each is -1. An end token that a server does not
        tell is not among them.

        Raises
        ------
        IncompleteError
            As for ``log_likelihoods``.
        """

        def written(pair: tuple[str, str]) -> list[Generation]:
            return [
                write(self._client, *pair, options, sample, chat=self._chat, system=self._system)
                for sample in range(options.samples)
            ]

        return self._all(written, prompts_of(prompts), lambda pair: pair[0], progress, options.samples)

    def close(self) -> None:
        """Close all connections; the model cannot be used afterwards."""
        self._closed = True
        self._client.disconnect()

    def checked(self) -> Probe:
        """Return the probe, and hold no connection until the first question."""
        try:
            return self.probe
        finally:
            self._client.disconnect()

    def _weigh_letters(self, group: Sequence[Request]) -> list[LogLikelihood]:
        return weigh_letters(self._client, group, self._system, self._options.top_log_probabilities)

    def _all(
        self,
        ask: Callable[[Asked], Answer],
        questions: Sequence[Asked],
        item: Callable[[Asked], str],
        progress: Progress | None,
        each: int = 1,
    ) -> list[Answer]:
        if self._closed:
            raise ModelError(f"model {self.facts.name!r} was closed; load it again")
        _ = self.probe

        def named(question: Asked) -> Answer:
            try:
                return ask(question)
            except RefusedError as error:
                raise ModelError(f"item {item(question)!r}: {error}") from None

        def tell(done: int) -> None:
            if progress is not None:
                progress(done * each, len(questions) * each)

        tell(0)
        return all_answers(named, questions, self._options.concurrency, self._client.gives_up, tell)


def _spread(places: Sequence[Sequence[int]], answers: Mapping[int, Sequence[Answer]]) -> dict[int, Answer]:
    """Give the answers of groups to their members."""
    return {
        place: answer for group, found in answers.items() for place, answer in zip(places[group], found, strict=True)
    }
