"""P(True): the model is asked whether its own answer is right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer, Cost, Kind
from pytest_llmcal.scoring.confidence.sequence import greedy
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, ModelError, Request, check_whole
from pytest_llmcal.tasks import OpenItem, TaskError, Writing
from pytest_llmcal.tasks.prompts import Prompt

QUESTION = """{{ prompt }} {{ answer }}
{% if samples %}Other answers: {{ samples | join('; ') }}
{% endif %}
Is this answer true? It is"""
"""What the model is asked by default."""


@dataclass(frozen=True)
class PTrue:
    """The probability that the model gives to its answer being true, of true and false.

    ``P(true reply) / (P(true reply) + P(false reply))`` after a question about the answer. Kadavath et al.,
    "Language Models (Mostly) Know What They Know", 2022, section 3; there the replies are letters.

    Parameters
    ----------
    template : str
        The question, in Jinja2: ``prompt``, ``answer`` and ``samples`` may stand in it, and ``answer`` must.
    replies : tuple of (str, str)
        What says that it is true, and that it is false.
    shown : int
        How many other answers are drawn, at least 0, and shown beside it; the paper's "brainstormed" ones.
    temperature, seed : float, int
        How these are drawn.

    Raises
    ------
    ModelError
        If an option has a value that is not allowed.
    """

    template: str = QUESTION
    replies: tuple[str, str] = (" true", " false")
    shown: int = 0
    temperature: float = 1.0
    seed: int = 0

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = "log-likelihoods of two replies"
    paper: ClassVar[str] = "Kadavath et al. 2022"

    def __post_init__(self) -> None:
        check_whole("shown", self.shown, 0)
        GenerationOptions(1, temperature=self.temperature, samples=max(1, self.shown), seed=self.seed)
        if not _two_texts(self.replies):
            raise ModelError(f"confidence 'p_true': replies are {self.replies!r}; allowed are two different texts")
        if not isinstance(self.template, str):
            raise ModelError(f"confidence 'p_true': template is {self.template!r}; allowed are texts")
        unread = {"answer", *(["samples"] if self.shown else [])} - self._question().names
        if unread:
            raise ModelError(f"confidence 'p_true': the template does not show {' and '.join(sorted(unread))}")

    @property
    def cost(self) -> Cost:
        """What it asks for one item."""
        return Cost(texts=1 + self.shown, weighed=2)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered greedily, and ask of each answer whether it is true."""
        best = greedy(asker, items, writing)
        requests = list(self._requests(items, best, self._samples(asker, items, writing)))
        weighed = [each.total for each in asker.log_likelihoods(requests)]
        return [
            ConfidentAnswer(text.text, _share(true, false), text.finish_reason)
            for text, true, false in zip(best, weighed[::2], weighed[1::2], strict=True)
        ]

    def _question(self) -> Prompt:
        try:
            question = Prompt(self.template, "p_true")
        except TaskError as error:
            raise ModelError(f"confidence 'p_true': {error}") from None
        unknown = question.names - {"prompt", "answer", "samples"}
        if unknown:
            raise ModelError(
                f"confidence 'p_true': the template reads {', '.join(sorted(unknown))}; defined are prompt, answer "
                "and samples"
            )
        return question

    def _samples(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> Sequence[Sequence[Generation]]:
        if not self.shown:
            return [()] * len(items)
        drawn = GenerationOptions(writing.max_tokens, writing.stop, temperature=self.temperature, seed=self.seed)
        return asker.generate(items, replace(drawn, samples=self.shown))

    def _requests(
        self, items: Sequence[OpenItem], best: Sequence[Generation], samples: Sequence[Sequence[Generation]]
    ) -> Iterator[Request]:
        question = self._question()
        for item, text, drawn in zip(items, best, samples, strict=True):
            told = {
                "prompt": item.prompt,
                "answer": text.text.strip(),
                "samples": [each.text.strip() for each in drawn],
            }
            asked = question.render(told, f"item {item.id!r}, p_true")
            yield from (Request(item.id, asked, reply) for reply in self.replies)


def _two_texts(replies: object) -> bool:
    if not isinstance(replies, (tuple, list)):
        return False
    return all(isinstance(each, str) and each for each in replies) and len(replies) == len(set(replies)) == 2


def _share(true: float, false: float) -> float:
    """Return exp(true) / (exp(true) + exp(false)), whatever their size."""
    if true < false:
        odds = math.exp(true - false)
        return odds / (1.0 + odds)
    return 1.0 / (1.0 + math.exp(false - true))
