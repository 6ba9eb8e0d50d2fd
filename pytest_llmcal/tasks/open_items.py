"""Questions whose answer is written, and how what is written is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.outcomes import REFUSALS
from pytest_llmcal.tasks.wording import Wording


@dataclass(frozen=True)
class OpenItem:
    """One question whose answer is a text that the model writes.

    Attributes
    ----------
    id : str
        Stable name of the item, unique within its task.
    prompt : str
        Rendered text that the model reads before it writes.
    references : tuple of str
        Right answers, any of which will do; empty only where `judgement` says how good an answer is.
    groups : mapping of str to str
        Group names by attribute.
    judged : str or None
        The answer that `judgement` is about.
    judgement : float or None
        How good people, or a given score, found it, from 0 to 1.
    wording : Wording or None
        How the prompt was made of a row, where that is known; no part of what an item is.
    """

    id: str
    prompt: str
    references: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    judged: str | None = None
    judgement: float | None = None
    wording: Wording | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.references, str):
            raise TaskError(f"item {self.id!r}: references are a tuple of texts, got the text {self.references!r}")
        if (self.judged is None) != (self.judgement is None):
            raise TaskError(f"item {self.id!r}: judged and judgement go together, one of them is missing")
        if self.judgement is not None and not 0.0 <= self.judgement <= 1.0:  # also false for NaN
            raise TaskError(f"item {self.id!r}: judgement is {self.judgement}, allowed is 0 to 1")
        if not self.references and self.judgement is None:
            raise TaskError(f"item {self.id!r}: an item needs a reference, or an answer that was judged")


@dataclass(frozen=True)
class Writing:
    """How the answers of a split are written and judged.

    Attributes
    ----------
    correctness : str
        Name of the function that says how right a text is, for instance ``"exact_match"``; see
        `pytest_llmcal.tasks.correctness`.
    max_tokens : int
        Most tokens of an answer.
    stop : tuple of str
        Texts at which an answer ends.
    refusals : tuple of str
        How texts begin that decline to answer; they count as wrong.
    """

    correctness: str = "exact_match"
    max_tokens: int = 64
    stop: tuple[str, ...] = ("\n",)
    refusals: tuple[str, ...] = field(default=REFUSALS, repr=False)
