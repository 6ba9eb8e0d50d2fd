"""What says whether two answers are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable


class Pair(NamedTuple):
    """Two answers to one question.

    Attributes
    ----------
    question : str
        The prompt that both were written after.
    one, other : str
        The answers, without white space at their ends.
    """

    question: str
    one: str
    other: str


@runtime_checkable
class Equivalence(Protocol):
    """A relation between answers: symmetric, and not always transitive."""

    def same(self, pairs: Sequence[Pair]) -> Sequence[bool]:
        """Say of each pair whether both answers say the same."""
        ...


@dataclass(frozen=True)
class OneByOne:
    """A relation that a function decides, pair by pair.

    Parameters
    ----------
    decide : callable
        From question, one answer and the other to whether they say the same.

    Examples
    --------
    >>> alike = OneByOne(lambda question, one, other: one[0] == other[0])
    >>> alike.same([Pair("Is it?", "yes", "yep"), Pair("Is it?", "yes", "no")])
    [True, False]
    """

    decide: Callable[[str, str, str], bool]

    def same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Ask the function."""
        return [bool(self.decide(*pair)) for pair in pairs]
