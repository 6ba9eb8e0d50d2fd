"""A model whose replicas answer many chunks at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_llmcal.scoring.cache.chunks import chunks
from pytest_llmcal.scoring.cache.questions import LOG_LIKELIHOOD, NEXT_TOKENS, Question, generation
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.protocol import (
    Generation,
    GenerationOptions,
    LogLikelihood,
    NextToken,
    Progress,
    Prompts,
    Request,
)

if TYPE_CHECKING:
    from pytest_llmcal.records import ModelFacts
    from pytest_llmcal.scoring.at_once import Ask
    from pytest_llmcal.scoring.replicas.crew import Crew

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class RayModel:
    """A model in processes of a Ray cluster.

    Questions are cut into the chunks of the score cache, whose bounds depend on the questions alone. So answers do
    not depend on how many replicas there are, or on which of them died.

    Parameters
    ----------
    crew : Crew
        The replicas.
    device : str
        Kind of device that they compute on.
    """

    def __init__(self, crew: Crew, device: str) -> None:
        self._crew = crew
        self._device = device

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size, as the first replica tells them."""
        return self._crew.facts

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> list[LogLikelihood]:
        """Weigh every request, in the order given.

        Raises
        ------
        ModelError
            As the model itself; or a chunk was lost with one replica after the other, or no replica could be started.
        """
        return self._answers(LOG_LIKELIHOOD, requests, progress)

    def next_tokens(
        self, texts: Sequence[tuple[str, str]], progress: Progress | None = None
    ) -> list[Sequence[NextToken]]:
        """Guess every token of each ``(id, text)``, in the order given.

        Raises
        ------
        ModelError
            As for ``log_likelihoods``.
        """
        return self._answers(NEXT_TOKENS, texts, progress)

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        """Continue each prompt, in the order given; ``options.samples`` texts for each.

        Raises
        ------
        ModelError
            As for ``log_likelihoods``.
        """

        def in_texts(done: int, total: int) -> None:
            if progress is not None:
                progress(done * options.samples, total * options.samples)

        return self._answers(generation(options), prompts_of(prompts), in_texts)

    def answered(
        self, ask: Ask[Any, Any], parts: Iterable[tuple[int, Sequence[Any]]]
    ) -> Iterator[tuple[int, Sequence[Any]]]:
        """Answer numbered chunks, each given back as soon as it is answered; the next is taken by an idle replica.

        Raises
        ------
        ModelError
            As for ``log_likelihoods``; what was under way is answered first.
        """
        return self._crew.answered(ask, parts)

    def close(self) -> None:
        """End the replicas; the model cannot be used afterwards."""
        self._crew.close()

    def _answers(
        self, question: Question[Asked, Answer], asked: Sequence[Asked], progress: Progress | None
    ) -> list[Answer]:
        parts = list(chunks(asked, question.chunk_size(self.facts.parameters, self._device), question.item))
        found: dict[int, Sequence[Answer]] = {}
        done = 0
        for number, answers in self.answered(question.ask, enumerate(parts)):
            found[number] = answers
            done += len(answers)
            if progress is not None:
                progress(done, len(asked))
        return [answer for number in sorted(found) for answer in found[number]]
