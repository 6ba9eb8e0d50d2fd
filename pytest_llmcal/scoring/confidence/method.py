"""What a confidence method is given, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pytest_llmcal.scoring.generation import generate
from pytest_llmcal.scoring.protocol import (
    Generation,
    GenerationOptions,
    LogLikelihood,
    Model,
    Progress,
    Prompts,
    Request,
)
from pytest_llmcal.tasks import OpenItem, Writing


@dataclass(frozen=True)
class ConfidentAnswer:
    """An answer, and how sure the model is of it.

    Attributes
    ----------
    text : str
        What is judged.
    confidence : float or None
        From 0 to 1; None where it could not be read out of what the model said.
    finish_reason : {"stop", "length"}
        Whether the answer came to an end by itself, or ``max_tokens`` were reached without.
    """

    text: str
    confidence: float | None
    finish_reason: Literal["stop", "length"]


class Asker:
    """A model, and how often it was asked.

    Attributes
    ----------
    calls : int
        Texts written and continuations weighed so far.
    """

    def __init__(self, model: Model, progress: Progress | None = None) -> None:
        self.model = model
        self.calls = 0
        self._progress = progress

    def generate(self, prompts: Prompts, options: GenerationOptions) -> Sequence[Sequence[Generation]]:
        """Have each prompt continued ``options.samples`` times."""
        self.calls += len(prompts) * options.samples
        return generate(self.model, prompts, options, progress=self._progress or False)

    def log_likelihoods(self, requests: Sequence[Request]) -> Sequence[LogLikelihood]:
        """Have continuations weighed."""
        self.calls += len(requests)
        return self.model.log_likelihoods(requests, self._progress)


class ConfidenceMethod(Protocol):
    """One way to learn how sure a model is."""

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> Sequence[ConfidentAnswer]:
        """Have every item answered, in the order given, with a confidence in that answer."""
        ...
