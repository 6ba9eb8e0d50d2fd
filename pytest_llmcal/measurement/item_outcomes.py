"""What became of the items that a number does not show: answers of another kind, and items left out.

Each kind has a rule, stated here once; what a report says of it is this text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

OUTCOME_RULES: Mapping[str, str] = MappingProxyType(
    {
        "answered": "judged as it stands",
        "empty": "judged like any other text: right only where a reference is empty",
        "refused": "counts as wrong, with the confidence that it was given",
        "truncated": "judged as far as it goes",
    }
)
"""What an answer may have been, and how it is counted."""

LEFT_OUT_RULE = (
    "An item without a confidence, such as one whose answer states none that can be read, is never counted as sure or "
    "as unsure: it is left out, and counted here. Where more than 10% of the items are, no claim holds: a model does "
    "not pass by hiding its confidence."
)

MOST_LEFT_OUT = 0.1
"""Share of all items from which on no claim holds."""


@dataclass(frozen=True)
class OutcomeResult:
    """The answers of one kind.

    Attributes
    ----------
    name : str
        One of ``OUTCOME_RULES``.
    n : int
        Number of items.
    accuracy : float
        Their mean correctness, 0 to 1.
    """

    name: str
    n: int
    accuracy: float


@dataclass(frozen=True)
class LeftOut:
    """Items that have no confidence.

    Attributes
    ----------
    reason : str
        Why, for instance ``"unparseable"``.
    items : int
        How many.
    """

    reason: str
    items: int


def said_of_left_out(left_out: Sequence[LeftOut], n: int) -> str:
    """Return in words how many items are left out besides the ``n`` that were measured; empty if none are.

    Examples
    --------
    >>> said_of_left_out([LeftOut("no number", 2), LeftOut("unparseable", 10)], 488)
    '12 of 500 items are left out: no number 2, unparseable 10'
    """
    count = sum(each.items for each in left_out)
    if not count:
        return ""
    reasons = ", ".join(f"{each.reason} {each.items}" for each in left_out)
    return f"{count} of {n + count} items {'is' if count == 1 else 'are'} left out: {reasons}"


def hides_too_much(left_out: Sequence[LeftOut], n: int) -> bool:
    """Tell whether more than a tenth of all items are left out.

    Examples
    --------
    >>> hides_too_much([LeftOut("unparseable", 10)], 90), hides_too_much([LeftOut("unparseable", 11)], 89)
    (False, True)
    """
    count = sum(each.items for each in left_out)
    return count > MOST_LEFT_OUT * (n + count)


def share_left_out(left_out: Sequence[LeftOut], n: int) -> float:
    """Return the share of all items that are left out, from 0 to 1.

    Examples
    --------
    >>> share_left_out([LeftOut("no number", 2), LeftOut("unparseable", 10)], 36)
    0.25
    """
    count = sum(each.items for each in left_out)
    return count / (n + count)
