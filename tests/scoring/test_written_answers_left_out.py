"""Written answers whose confidence cannot be read keep their groups, and a look at items may find only such."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from pytest_llmcal.measurement import About
from pytest_llmcal.scoring import ModelError
from pytest_llmcal.scoring.confidence.method import ConfidentAnswer
from pytest_llmcal.scoring.confidence.written import score_written
from pytest_llmcal.scoring.until import until
from pytest_llmcal.tasks import Items, OpenItem, Writing
from pytest_llmcal.tasks.order import in_random_order

ITEMS = Items(
    "t",
    "test",
    tuple(OpenItem(str(place), f"What is {place}?", (str(place),), {"side": "ab"[place % 2]}) for place in range(400)),
    Writing(),
)


class Reading:
    """A method that reads a confidence of the answers to some items."""

    kind, needs, paper, cost = "written", "nothing", "none", None

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def answers(self, _: Any, items: Any, __: Any) -> Any:
        return [ConfidentAnswer(item.id, 0.9 if item.id in self.ids else None, "stop") for item in items]


def asked(method: Reading, items: Items) -> Any:
    groups = {"side": [item.groups["side"] for item in items]}
    return score_written(None, list(items), Writing(), method, groups, About(), None)  # type: ignore[arg-type]


def test_each_group_has_its_own_answers_left_out() -> None:
    groups = asked(Reading("0", "1", "2"), ITEMS[:7]).by_group("side")
    assert {name: set(part.left_out) for name, part in groups.items()} == {"a": {"4", "6"}, "b": {"3", "5"}}


def decided(method: Reading, items: Items, **more: Any) -> Any:
    return until(partial(asked, method), items, verdict=lambda scores: scores.accuracy().above(0.5), **more)


def ids_in_order() -> list[str]:
    """The items in the order of ``until``."""
    return [item.id for unit in in_random_order(ITEMS, 0, None) for item in unit]


@pytest.mark.parametrize("unread", [slice(20), slice(20, 32), slice(30)])
def test_a_look_at_answers_of_which_no_confidence_can_be_read_ends_nothing(unread: slice) -> None:
    order = ids_in_order()
    lost = set(order[unread])
    decision = decided(Reading(*(identity for identity in order if identity not in lost)), ITEMS)
    assert set(decision.scores.left_out) == lost
    assert len(decision.scores) + len(lost) == decision.items
    assert decision.verdict.status == "holds"
    assert not decision.verdict.measurement.hides_too_much
    assert set(decision.scores.by_group("side")["a"].left_out) == {one for one in lost if int(one) % 2 == 0}


def test_it_is_an_error_where_none_of_all_can_be_read() -> None:
    with pytest.raises(ModelError, match="and all others: no confidence can be read"):
        decided(Reading(), ITEMS)


def test_a_baseline_that_says_nothing_at_first_is_waited_for() -> None:
    order = ids_in_order()
    late, always = Reading(*order[25:]), Reading(*order)
    decision = until(
        partial(asked, always),
        ITEMS,
        verdict=lambda new, old: new.not_worse_than(old, 0.5, metric="accuracy"),
        baseline=partial(asked, late),
    )
    assert decision.looks > 1
    assert set(decision.baseline.left_out) <= set(order[:25])
