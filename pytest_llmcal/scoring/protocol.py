"""What every model offers to be gated, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pytest_llmcal.records import ModelFacts


class ModelError(ValueError):
    """A model cannot be loaded or cannot answer; the text says which, why and what is allowed."""


@dataclass(frozen=True)
class Request:
    """One continuation to be weighed after one context.

    Attributes
    ----------
    item : str
        Id of the item, for error messages.
    context, continuation : str
        The log-likelihood of ``continuation`` after ``context`` is asked for.
    """

    item: str
    context: str
    continuation: str


@dataclass(frozen=True)
class LogLikelihood:
    """Answer to a request.

    Attributes
    ----------
    total : float
        Sum of the natural-log probabilities of the continuation's tokens.
    tokens : int
        Their number, at least one.
    """

    total: float
    tokens: int


@dataclass(frozen=True)
class NextToken:
    """The model's first guess for one token of a running text.

    Attributes
    ----------
    confidence : float
        Its probability.
    correct : bool
        Whether it is the token that follows.
    """

    confidence: float
    correct: bool


Progress = Callable[[int, int], None]
"""Called with (done, all) as work proceeds; while the work is being laid out, ``done`` is 0."""


@runtime_checkable
class Model(Protocol):
    """A language model behind two questions.

    Answers never depend on the order or the batching of the requests.
    """

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size."""
        ...

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> Sequence[LogLikelihood]:
        """Weigh every request, in the order given."""
        ...

    def next_tokens(
        self, texts: Sequence[tuple[str, str]], progress: Progress | None = None
    ) -> Sequence[Sequence[NextToken]]:
        """Guess every token of each ``(id, text)``, in the order given."""
        ...

    def close(self) -> None:
        """Free the memory; the model cannot be used afterwards."""
        ...
