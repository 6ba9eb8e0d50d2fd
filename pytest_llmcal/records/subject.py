"""What was measured: one set of answers, which many records share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_llmcal.measurement import Portrait
from pytest_llmcal.records import reading, writing


@dataclass(frozen=True)
class Choice:
    """One choice of an item, as the model saw it.

    Attributes
    ----------
    probability : float
        What the model gave to it, 0 to 1.
    right, chosen : bool
        Whether it is the right one, and whether the model chose it.
    text : str or None
        Its text, cut where it is long; None where texts were left out.
    """

    probability: float
    right: bool
    chosen: bool
    text: str | None = None


@dataclass(frozen=True)
class Example:
    """One item and what the model said to it.

    Attributes
    ----------
    id : str
        The item's name.
    confidence : float
        Probability of the chosen answer, 0 to 1.
    correct : bool
        Whether it was right.
    choices : tuple of Choice
        The most probable ones, and the right one; at least the chosen one.
    prompt : str or None
        What the model read, cut where it is long; None where texts were left out.
    answer : str or None
        What the model wrote, cut where it is long; None where it chose, or texts were left out.
    references : tuple of str
        Right answers to that, the first ones.
    correctness : float or None
        How right it was, 0 to 1, where correctness is graded; ``correct`` is then whether that is at least one half.
    outcome : str or None
        What the answer was where it is not one like any other: empty, refused or truncated.
    """

    id: str
    confidence: float
    correct: bool
    choices: tuple[Choice, ...] = ()
    prompt: str | None = None
    answer: str | None = None
    references: tuple[str, ...] = ()
    correctness: float | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Subject:
    """One set of answers that records speak about.

    Attributes
    ----------
    key : str
        Names it within the run; the same answers of the same model to the same items have the same.
    portrait : Portrait
        What it looks like.
    model, revision, task, split, data, calibrator, confidence_method : str or None
        Whose answers, to what, and what the confidence in them is, as in a record.
    examples : tuple of Example
        The most confident wrong answers, then the least confident right ones; none where items are unknown.
    seconds : float or None
        How long the model took to answer; None where it was not asked by the run.
    """

    key: str
    portrait: Portrait
    model: str | None = None
    revision: str | None = None
    task: str | None = None
    split: str | None = None
    data: str | None = None
    calibrator: str | None = None
    examples: tuple[Example, ...] = ()
    seconds: float | None = None
    confidence_method: str | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return it as builtins, which pass between processes."""
        plain: dict[str, Any] = writing.plain(self, "subject")
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Subject:
        """Return the subject that builtins were made of."""
        return reading.built(cls, plain, "subject")
