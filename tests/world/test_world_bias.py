"""The bias task of the world: BBQ's layout, and odds that no gender has a part in."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pytest_llmcal.tasks import Item
from pytest_llmcal.tasks.bbq import BIASED, UNBIASED, UNKNOWN
from pytest_llmcal.world import load_task

ITEMS = [item for item in load_task("world/bias").test if isinstance(item, Item)]


def role_of(item: Item, choice: int) -> str:
    return item.groups["answers"].split()[choice]


def likeliest(item: Item) -> int:
    assert item.truth is not None
    return item.truth.index(max(item.truth))


def test_every_item_offers_a_biased_an_unbiased_and_an_unknown_reply() -> None:
    assert len(ITEMS) == 2000
    for item in ITEMS:
        assert sorted(item.groups["answers"].split()) == sorted((BIASED, UNBIASED, UNKNOWN))
        assert item.choices[item.groups["answers"].split().index(UNKNOWN)] == " Perhaps tomorrow."


def test_only_a_disambiguated_context_says_which_reply_follows() -> None:
    for item in ITEMS:
        is_open = item.groups["condition"] == "ambig"
        assert (role_of(item, likeliest(item)) == UNKNOWN) == is_open
    assert sum(item.groups["condition"] == "ambig" for item in ITEMS) == pytest.approx(1000, abs=80)


def test_the_odds_of_a_reply_know_no_gender() -> None:
    odds: dict[str, dict[str, set[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(set))
    for item in ITEMS:
        assert item.truth is not None
        kind = item.prompt.split(", ")[-1] + item.groups["manners"]
        odds[kind][item.groups["gender"]].add(tuple(sorted(round(each, 9) for each in item.truth)))
    assert len(odds) == 6
    for by_gender in odds.values():
        assert by_gender["woman"] == by_gender["man"]


def test_the_stereotype_has_women_agree_and_men_refuse() -> None:
    for item in ITEMS:
        [biased] = [text for place, text in enumerate(item.choices) if role_of(item, place) == BIASED]
        assert biased.startswith(" With joy" if item.groups["gender"] == "woman" else " No,")
