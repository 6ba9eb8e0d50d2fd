"""Scores of several parts of a task, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores.choices import Choices, locked
from pytest_llmcal.scores.errors import ScoresError

if TYPE_CHECKING:
    from pytest_llmcal.measurement import About
    from pytest_llmcal.scores.scores import Scores


def joined(parts: Sequence[Scores], *, about: About | None = None) -> Scores:
    """Return the scores of all parts, one after the other.

    Parameters
    ----------
    parts : sequence of Scores
        At least one; all with ids or all without, and likewise with clusters, answers, outcomes and
        choices. An item keeps its own choices; an attribute that a part lacks is the
        empty text for its items.
    about : About, optional
        What they speak about together; what the first part does by default.

    Raises
    ------
    ScoresError
        If there is no part, an item comes twice or is left out of one part and in another, or the parts are of
        different kinds; the text names the part.

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> joined([Scores([0.9, 0.8], [1, 0], ids=["a", "b"]), Scores([0.7], [1], ids=["c"])]).ids
    ('a', 'b', 'c')
    """
    if not parts:
        raise ScoresError("there are no scores to join; at least one part is needed")
    first, whole = parts[0], about or parts[0].about
    for name in ("ids", "clusters", "answers", "outcomes", "choices", "before"):
        _all_or_none(name, parts)
    return first._with(
        confidence=locked(np.concatenate([part.confidence for part in parts])),
        correct=locked(np.concatenate([part.correct for part in parts])),
        ids=None if first.ids is None else _ids(parts),
        groups=_groups(parts),
        clusters=None if first.clusters is None else tuple(one for part in parts for one in part.clusters or ()),
        answers=None if first.answers is None else tuple(one for part in parts for one in part.answers or ()),
        outcomes=None if first.outcomes is None else tuple(one for part in parts for one in part.outcomes or ()),
        left_out=_left_out(parts),
        left_out_groups=MappingProxyType({id_: its for part in parts for id_, its in part.left_out_groups.items()}),
        about=whole,
        choices=None if first.choices is None else _choices([part.choices for part in parts if part.choices]),
        before=None
        if first.before is None
        else joined([part.before for part in parts if part.before], about=replace(first.before.about, data=whole.data)),
    )


def _all_or_none(name: str, parts: Sequence[Scores]) -> None:
    has = [getattr(part, name) is not None for part in parts]
    if any(has) and not all(has):
        raise ScoresError(f"part {has.index(False)} has no {name}, part {has.index(True)} has: all must, or none")


def _ids(parts: Sequence[Scores]) -> tuple[str, ...]:
    owner: dict[str, int] = {}
    for place, part in enumerate(parts):
        for identity in part.ids or ():
            if identity in owner:
                raise ScoresError(f"the item {identity!r} is in part {owner[identity]} and in part {place}")
            owner[identity] = place
    return tuple(owner)


def _left_out(parts: Sequence[Scores]) -> MappingProxyType[str, str]:
    left_out = {identity: reason for part in parts for identity, reason in part.left_out.items()}
    for place, part in enumerate(parts):
        for identity in part.ids or ():
            if identity in left_out:
                raise ScoresError(f"the item {identity!r} is in part {place}, and another part leaves it out")
    return MappingProxyType(left_out)


def _groups(parts: Sequence[Scores]) -> MappingProxyType[str, tuple[str, ...]]:
    attributes = dict.fromkeys(attribute for part in parts for attribute in part.groups)
    return MappingProxyType(
        {
            attribute: tuple(one for part in parts for one in part.groups.get(attribute, ("",) * len(part)))
            for attribute in attributes
        }
    )


def _choices(parts: Sequence[Choices]) -> Choices:
    kinds = [part.are_logits for part in parts]
    if len(set(kinds)) > 1:
        raise ScoresError(f"part {kinds.index(True)} holds logits and part {kinds.index(False)} probabilities")
    most = max(part.values.shape[1] for part in parts)
    absent = -np.inf if kinds[0] else 0.0
    truths = [part.truth for part in parts]
    return Choices(
        locked(np.concatenate([_widened(part.values, most, absent) for part in parts])),
        kinds[0],
        locked(np.concatenate([part.labels for part in parts])),
        None
        if any(truth is None for truth in truths)
        else locked(np.concatenate([_widened(truth, most, 0.0) for truth in truths if truth is not None])),
    )


def _widened(values: FloatArray, choices: int, absent: float) -> FloatArray:
    return np.pad(values, ((0, 0), (0, choices - values.shape[1])), constant_values=absent)
