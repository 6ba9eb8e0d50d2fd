"""The order of choices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Asked, Item

Value = TypeVar("Value")


@dataclass(frozen=True)
class Swap(Step):
    """Two choices trade places: in the prompt where it lists them, and in the order they are asked in.

    Letters stay where they are, and what stands behind them moves. Items with fewer choices stay as they are, and so
    do those answered by letter whose options cannot be moved: it is not known how their prompt was made.

    Attributes
    ----------
    first, second : int
        Their places, counted from zero, ``first < second``.

    Raises
    ------
    TaskError
        If these are no two places in this order.
    """

    first: int
    second: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.second:
            raise TaskError(f"Swap({self.first}, {self.second}) names no two places in rising order, counted from zero")

    def __str__(self) -> str:
        return f"choices {self.first + 1} and {self.second + 1} trade places"

    def places(self, choices: int) -> list[int]:
        """Return which of an item's choices stands at each place afterwards."""
        places = list(range(choices))
        if self.second < choices:
            places[self.first], places[self.second] = self.second, self.first
        return places

    def applied(self, item: Asked, task: str) -> Asked:  # noqa: ARG002
        """Return the item with two choices swapped."""
        if not isinstance(item, Item) or self.second >= len(item.choices):
            return item
        places = self.places(len(item.choices))
        wording, prompt = item.wording, item.prompt
        if wording is not None:
            wording = replace(wording, values={**wording.values, "choices": _moved(wording.values["choices"], places)})
            prompt = wording.prompt()
        if prompt == item.prompt and _answered_by_letter(item):
            return item  # it lists its options otherwise, so they cannot be moved
        letters = wording is not None and wording.answered_by_letter
        return replace(
            item,
            prompt=prompt,
            choices=item.choices if letters else _moved(item.choices, places),
            answer=places.index(item.answer),
            truth=None if item.truth is None else _moved(item.truth, places),
            wording=wording,
        )

    def obstacle(self, item: Asked) -> str:
        """Return why the options of an item stay, where its prompt lists them."""
        if not isinstance(item, Item) or self.second >= len(item.choices) or not _answered_by_letter(item):
            return ""
        return f"the prompt of item {item.id!r} lists its options, and how it was made of them is not known"


def _answered_by_letter(item: Item) -> bool:
    """Tell whether the choices are letters or numbers that stand before options in the prompt: ``A. yes``."""
    if item.wording is not None and item.wording.answered_by_letter:
        return True
    marks = [choice.strip() for choice in item.choices]
    return all(mark.isalnum() and re.search(rf"(?<!\w){re.escape(mark)}[.):]\s", item.prompt) for mark in marks)


def _moved(values: Sequence[Value], places: Sequence[int]) -> tuple[Value, ...]:
    return tuple(values[place] for place in places)
