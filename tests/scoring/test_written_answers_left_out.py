"""Written answers whose confidence cannot be read keep their groups, and a look at items may find only such."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from pytest_llmcal.measurement import About
from pytest_llmcal.scores.joined import joined
from pytest_llmcal.scoring import ModelError
from pytest_llmcal.scoring.confidence.method import ConfidentAnswer
from pytest_llmcal.scoring.confidence.written import score_written
from pytest_llmcal.scoring.until import until
from pytest_llmcal.tasks import Items, OpenItem, Writing

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
        return [
            ConfidentAnswer(item.id, 0.9 if item.id in self.ids else None, "stop") for item in items
        ]


def asked(method: Reading, items: Items) -> Any:
    groups = {"side": [item.groups["side"] for item in items]}
    return score_written(None, list(items), Writing(), method, groups, About(), None)  # type: ignore[arg-type]


def test_each_group_has_its_own_answers_left_out() -> None:
    groups = asked(Reading("0", "1", "2"), ITEMS[:7]).by_group("side")
    assert {name: set(part.left_out) for name, part in groups.items()} == {"a": {"4", "6"}, "b": {"3", "5"}}
