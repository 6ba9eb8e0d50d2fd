"""Answers that are the same text, up to what does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.scoring.confidence.equivalence.relation import Pair
from pytest_llmcal.tasks.correctness.exact import normalized


@dataclass(frozen=True)
class SameText:
    """Answers are the same if their normalised texts are, as for exact match.

    Of an answer that is nothing but punctuation, the text itself is compared.

    Examples
    --------
    >>> SameText().same([Pair("Who?", "The Beatles.", "beatles"), Pair("Which?", "A.", "a"), Pair("Which?", "+", "-")])
    [True, True, False]
    """

    def same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Compare what is left of the texts."""
        return [normalized(pair.one) == normalized(pair.other) for pair in pairs]
