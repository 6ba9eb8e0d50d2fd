"""A model whose replicas answer many chunks at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmcal.scoring.cache.chunks import chunks
from pytest_llmcal.scoring.cache.questioned import Questioned
from pytest_llmcal.scoring.cache.questions import Answer, Asked, Question
from pytest_llmcal.scoring.protocol import Progress

if TYPE_CHECKING:
    from pytest_llmcal.records import ModelFacts
    from pytest_llmcal.scoring.at_once import Ask
    from pytest_llmcal.scoring.replicas.crew import Crew


class RayModel(Questioned):
    """A model in processes of a Ray cluster.

    Questions are cut into the chunks of the score cache, whose bounds depend on the questions alone. So answers do
    not depend on how many replicas there are, or on which of them died.

    Parameters
    ----------
    crew : Crew
        The replicas.
    device : str
        Kind of device that they compute on.

    Raises
    ------
    ModelError
        By every question: as the model itself; or a chunk was lost with one replica after the other, or no replica
        could be started.
    """

    def __init__(self, crew: Crew, device: str) -> None:
        self._crew = crew
        self._device = device

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size, as the first replica tells them."""
        return self._crew.facts

    def answered(
        self, ask: Ask[Any, Any], parts: Iterable[tuple[int, Sequence[Any]]]
    ) -> Iterator[tuple[int, Sequence[Any]]]:
        """Answer numbered chunks, each given back as soon as it is answered; the next is taken by an idle replica.

        Raises
        ------
        ModelError
            As for every question; what was under way is answered first.
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
