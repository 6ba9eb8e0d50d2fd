"""What a confidence method is given, what it answers, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

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

Kind = Literal["written", "choices"]
"""What kind of answers a method is for: those that a model writes, or those that it picks."""


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


@dataclass(frozen=True)
class Cost:
    """What a method asks of a model for one item, its answer included.

    Attributes
    ----------
    texts : int
        Texts that the model writes.
    weighed : int
        Continuations that it weighs.
    besides : str
        What other models are asked, in words; empty where none is.

    Examples
    --------
    >>> print(Cost(texts=1, weighed=2))
    1 text + 2 weighed
    """

    texts: int = 0
    weighed: int = 0
    besides: str = ""

    def __str__(self) -> str:
        parts = [f"{self.texts} text{'' if self.texts == 1 else 's'}"] if self.texts else []
        parts += [f"{self.weighed} weighed"] if self.weighed else []
        parts += [self.besides] if self.besides else []
        return " + ".join(parts) or "nothing more"


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


class Described(Protocol):
    """What is to be known of a method before it is used.

    Attributes
    ----------
    kind : {"written", "choices"}
        What kind of answers it is for.
    needs : str
        What a model must offer, in words.
    paper : str
        Where it was published.
    cost : Cost
        What it asks for one item, with the options that it has.
    """

    kind: ClassVar[Kind]
    needs: ClassVar[str]
    paper: ClassVar[str]

    @property
    def cost(self) -> Cost:
        """What it asks for one item, with the options that it has."""
        ...


@runtime_checkable
class ConfidenceMethod(Described, Protocol):
    """One way to learn how sure a model is of what it writes."""

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> Sequence[ConfidentAnswer]:
        """Have every item answered, in the order given, with a confidence in that answer."""
        ...


@runtime_checkable
class ChoiceConfidence(Described, Protocol):
    """One way to read off the probabilities of choices how sure a model is of the one that it picks."""

    def of_choices(
        self, probabilities: npt.NDArray[np.float64], offered: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Return a confidence, from 0 to 1, for each row of probabilities.

        Parameters
        ----------
        probabilities : array of shape (items, most choices)
            Rows sum to one; 0 where an item has fewer choices.
        offered : array of shape (items, most choices)
            Which places are choices, at least two in each row.
        """
        ...


AnyMethod = ConfidenceMethod | ChoiceConfidence
