"""To which groups the items belong that have no confidence, and which groups have too many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_llmcal.measurement import LeftOut, hides_too_much

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores


def left_out_by_group(scores: Scores, attributes: Sequence[str]) -> Callable[[tuple[str, ...]], Mapping[str, str]]:
    """Return a function from a group to the items left out of it: its own, and those whose groups nobody knows.

    Parameters
    ----------
    scores : Scores
        The whole.
    attributes : sequence of str
        What groups are named by: the function takes the name in each.
    """
    own: dict[tuple[str, ...], dict[str, str]] = {}
    unknown: dict[str, str] = {}
    for identity, reason in scores.left_out.items():
        its = scores.left_out_groups.get(identity)
        (unknown if its is None else own.setdefault(_names(its, attributes), {}))[identity] = reason
    return lambda names: MappingProxyType(unknown | own.get(names, {}))


def hiding_groups(scores: Scores, attributes: Sequence[str], least: int) -> list[str]:
    """Return the groups that are known to have too many items without a confidence.

    Of groups that have at least so many items in all; one of which everything is left out is among them.
    """
    there = Counter(zip(*(scores.groups[attribute] for attribute in attributes), strict=True))
    lost = Counter(
        _names(scores.left_out_groups[identity], attributes)
        for identity in scores.left_out
        if identity in scores.left_out_groups
    )
    return [
        ", ".join(names) or "no value"
        for names, items in sorted(lost.items())
        if items + there[names] >= least and hides_too_much([LeftOut("", items)], there[names])
    ]


def _names(groups: Mapping[str, str], attributes: Sequence[str]) -> tuple[str, ...]:
    # As for items that have a confidence: what lacks an attribute has the empty text there.
    return tuple(groups.get(attribute, "") for attribute in attributes)
