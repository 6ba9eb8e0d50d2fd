"""What every model offers to be gated, whatever runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.tasks import AnyItem


class ModelError(ValueError):
    """A model cannot be loaded or cannot answer; the text says which, why and what is allowed."""


class IncompleteError(ModelError):
    """A model failed before it had answered everything.

    Attributes
    ----------
    answers : mapping of int to answer
        Those that it gave before, by the place of their question, so that they need not be asked for again.
    """

    def __init__(self, text: str, answers: Mapping[int, Any]) -> None:
        super().__init__(text)
        self.answers = answers


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


@dataclass(frozen=True)
class GenerationOptions:
    """How texts are generated.

    Attributes
    ----------
    max_tokens : int
        Most tokens of a text, at least 1.
    stop : sequence of str
        Texts at which it ends; one text may be given as it is.
    temperature : float
        0 takes the most probable token each time; above, the logits are divided by it and a token is drawn.
    top_p : float
        Draw from the fewest, most probable tokens whose probabilities sum to this much at least, above 0 and at most 1.
        (Holtzman, Buys, Du, Forbes, Choi, "The Curious Case of Neural Text Degeneration", ICLR 2020.)
    samples : int
        Texts for each prompt, at least 1; more than one only above temperature 0.
    seed : int
        What is drawn depends on it, the prompt's id, the sample's number and the place of the token, and on nothing
        else.

    Raises
    ------
    ModelError
        A value is not allowed.

    Examples
    --------
    >>> GenerationOptions(max_tokens=20, stop=".").stop
    ('.',)
    """

    max_tokens: int
    stop: Sequence[str] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("max_tokens", 1), ("samples", 1), ("seed", None)):
            check_whole(name, getattr(self, name), least)
        if not isinstance(self.stop, Iterable):
            raise ModelError(f"stop is {self.stop!r}; allowed are a text and sequences of texts, () for none")
        object.__setattr__(self, "stop", (self.stop,) if isinstance(self.stop, str) else tuple(self.stop))
        for each in self.stop:
            if not isinstance(each, str) or not each:
                raise ModelError(f"stop has {each!r}; allowed are texts of at least one character")
        if not (is_number(self.temperature) and 0 <= self.temperature <= sys.float_info.max):
            raise ModelError(f"temperature is {self.temperature!r}; allowed are 0 and finite numbers above")
        if not (is_number(self.top_p) and 0 < self.top_p <= 1):
            raise ModelError(f"top_p is {self.top_p!r}; allowed are numbers above 0 and at most 1")
        for name in ("temperature", "top_p"):  # 1 and 1.0 are the same question to a cache
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.samples > 1 and self.temperature == 0:
            raise ModelError(f"{self.samples} samples at temperature 0 are all the same text; a temperature is needed")


def check_whole(name: str, value: object, least: int | None) -> None:
    """Refuse what is no whole number, or too small a one.

    Raises
    ------
    ModelError
        It is none; name, value and what is allowed are told.
    """
    if isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least):
        allowed = "whole numbers" if least is None else f"whole numbers of at least {least}"
        raise ModelError(f"{name} is {value!r}; allowed are {allowed}")


def is_number(value: object) -> bool:
    """Say whether a value is a number, as true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Generation:
    """A text that a model wrote after a prompt.

    Attributes
    ----------
    text : str
        What follows the prompt, a leading space included. Special tokens are left out, and so is the stop string with
        all that comes after it.
    tokens : tuple of int
        Every token of it, at least one, the end token or those that completed the stop string included. Of a server,
        which does not tell their numbers, each is -1, and the end token may be missing.
    log_probabilities : tuple of float
        Natural logarithm of each token's probability by the model itself, at temperature 1 and whatever ``top_p``, so
        that their sum is the log-likelihood of ``tokens`` after the prompt.
    finish_reason : {"stop", "length"}
        Whether an end token or a stop string came, or ``max_tokens`` were reached without.
    """

    text: str
    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    finish_reason: Literal["stop", "length"]


Prompts = Sequence[AnyItem | tuple[str, str]]
"""What is to be continued: items, or pairs of an id and a text."""

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


@runtime_checkable
class GeneratingModel(Model, Protocol):
    """A model that also writes."""

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> Sequence[Sequence[Generation]]:
        """Continue each prompt, in the order given; ``options.samples`` texts for each.

        Texts never depend on the order or the batching of the prompts.
        """
        ...
