"""What an answer was, and which items have no confidence: names, checks and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.measurement import OUTCOME_RULES, LeftOut, OutcomeResult
from pytest_llmcal.scores.errors import ScoresError

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

OUTCOMES = tuple(OUTCOME_RULES)
"""What an answer may have been; ``measurement.OUTCOME_RULES`` says how each is counted."""

NOTHING: Mapping[str, str] = MappingProxyType({})
NOTHING_KNOWN: Mapping[str, Mapping[str, str]] = MappingProxyType({})


def checked_outcomes(values: Sequence[str] | None, n: int) -> tuple[str, ...] | None:
    """Return the outcome of each item."""
    if values is None:
        return None
    allowed = ", ".join(map(repr, OUTCOMES))
    if isinstance(values, str):
        raise ScoresError(f"outcomes is the string {values!r}; it must hold one of {allowed} per item")
    outcomes = tuple(values)
    if len(outcomes) != n:
        raise ScoresError(f"outcomes has {len(outcomes)} entries for {n} items")
    for index, outcome in enumerate(outcomes):
        if outcome not in OUTCOMES:
            raise ScoresError(f"outcomes[{index}] is {outcome!r}; allowed are {allowed}")
    return outcomes


def checked_left_out(values: Mapping[str, str] | None, ids: Sequence[str] | None) -> Mapping[str, str]:
    """Return why each item that has no confidence is left out, by id."""
    if values is None:
        return NOTHING
    if not isinstance(values, Mapping):
        raise ScoresError(f"left_out is {values!r}; it must map the id of each item left out to the reason")
    known = set(ids or ())
    for identity, reason in values.items():
        if not isinstance(identity, str) or not isinstance(reason, str) or not reason:
            raise ScoresError(f"left_out[{identity!r}] is {reason!r}; it must map an id to a reason, both strings")
        if identity in known:
            raise ScoresError(f"the item {identity!r} is left out, and is among the ids too; an item is either")
    return MappingProxyType(dict(values))


def outcome_results(scores: Scores) -> tuple[OutcomeResult, ...]:
    """Return how many answers there are of each kind, and how good they are; nothing where that is not known.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> outcome_results(Scores([0.9, 0.2], [1, 0], outcomes=["answered", "empty"]))[1]
    OutcomeResult(name='empty', n=1, accuracy=0.0)
    """
    if scores.outcomes is None:
        return ()
    kinds = np.asarray(scores.outcomes)
    return tuple(
        OutcomeResult(name, int(there.sum()), float(scores.correct[there].mean()))
        for name in OUTCOMES
        if (there := kinds == name).any()
    )


def counted(left_out: Mapping[str, str]) -> tuple[LeftOut, ...]:
    """Return how many items are left out for each reason.

    Examples
    --------
    >>> counted({"a": "unparseable", "b": "unparseable"})
    (LeftOut(reason='unparseable', items=2),)
    """
    return tuple(LeftOut(reason, items) for reason, items in sorted(Counter(left_out.values()).items()))


def parted(left_out: Mapping[str, str], is_first: Iterable[bool]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Part items by a boolean for each: those of which it is true, and the others."""
    parts: tuple[dict[str, str], dict[str, str]] = {}, {}
    for (identity, reason), first in zip(left_out.items(), is_first, strict=True):
        parts[0 if first else 1][identity] = reason
    return MappingProxyType(parts[0]), MappingProxyType(parts[1])
