"""What models have in common that answer every kind of question in one way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pytest_llmcal.scoring.cache.questions import LOG_LIKELIHOOD, NEXT_TOKENS, Answer, Asked, Question, generation
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


class Questioned(ABC):
    """A model that is asked by kind of question, and knows how each is put."""

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> list[LogLikelihood]:
        """Weigh every request, in the order given.

        Raises
        ------
        ModelError
            As the model that answers in the end; or what the class says.
        """
        return self._answers(self._weighing(requests), requests, progress)

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

    def _weighing(self, requests: Sequence[Request]) -> Question[Request, LogLikelihood]:  # noqa: ARG002 - for others
        """Return the kind of question that requests are."""
        return LOG_LIKELIHOOD

    @abstractmethod
    def _answers(
        self, question: Question[Asked, Answer], asked: Sequence[Asked], progress: Progress | None
    ) -> list[Answer]:
        """Answer questions of one kind, in the order given."""
