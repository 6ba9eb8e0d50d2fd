"""Answers that are drawn: what every method that compares samples begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from pytest_llmcal.scoring.confidence.equivalence import FREE, AnyEquivalence, Equivalence, equivalence, partitions
from pytest_llmcal.scoring.confidence.method import Asker, Cost, Kind
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, ModelError
from pytest_llmcal.tasks import OpenItem, Writing


@dataclass(frozen=True)
class Samples:
    """Answers to one item, in classes of the same meaning.

    Attributes
    ----------
    texts : tuple of Generation
        As they were drawn.
    classes : tuple of int
        The class of each, numbered from 0 as they first occur.
    """

    texts: tuple[Generation, ...]
    classes: tuple[int, ...]

    @property
    def counts(self) -> list[int]:
        """Samples of each class."""
        counted = Counter(self.classes)
        return [counted[number] for number in range(len(counted))]

    def majority(self) -> Generation:
        """Return the most frequent text of the largest class.

        Of equally large classes the one that was drawn first is taken, and of equally frequent texts too: as good as
        drawing lots, and the same each time. White space at the ends makes no text another.

        Examples
        --------
        >>> texts = ["Rome", "Paris.", "Paris", "Rome", " Paris"]
        >>> drawn = tuple(Generation(text, (1,), (-1.0,), "stop") for text in texts)
        >>> Samples(drawn, (0, 1, 1, 0, 1)).majority().text
        'Paris'
        """
        # of equal counts most_common gives what was counted first
        [(largest, _)] = Counter(self.classes).most_common(1)
        members = [text for text, number in zip(self.texts, self.classes, strict=True) if number == largest]
        [(wording, _)] = Counter(member.text.strip() for member in members).most_common(1)
        return next(member for member in members if member.text.strip() == wording)


@dataclass(frozen=True)
class Drawing:
    """How samples are drawn, and when two are the same.

    Parameters
    ----------
    samples : int
        Answers to each item, at least 2; they are asked for together, so that each prompt is read once.
    temperature : float
        Above 0.
    top_p : float
        As for `GenerationOptions`.
    seed : int
        As for `GenerationOptions`.
    equivalence : str, Equivalence or callable
        As for `equivalence`.

    Raises
    ------
    ModelError
        A value is not allowed.
    """

    samples: int = 20
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    equivalence: AnyEquivalence = "text"

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = "samples"

    @property
    def cost(self) -> Cost:
        """What it asks for one item, with the options that it has."""
        return Cost(texts=self.samples, besides="" if self.equivalence in FREE else "the equivalence")

    def __post_init__(self) -> None:
        self._options(Writing())
        if self.samples < 2:
            raise ModelError(f"samples is {self.samples!r}; allowed are whole numbers of at least 2")
        _ = self._relation

    @cached_property
    def _relation(self) -> Equivalence:
        return equivalence(self.equivalence)  # its model is loaded once

    def _options(self, writing: Writing) -> GenerationOptions:
        return GenerationOptions(
            writing.max_tokens, writing.stop, self.temperature, self.top_p, self.samples, self.seed
        )

    def drawn(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[Samples]:
        """Have every item answered many times, in one go."""
        texts = asker.generate(items, self._options(writing))
        classes = partitions(
            self._relation,
            [item.prompt for item in items],
            [[each.text for each in row] for row in texts],
        )
        return [Samples(tuple(row), tuple(numbers)) for row, numbers in zip(texts, classes, strict=True)]
