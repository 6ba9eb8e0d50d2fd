"""Items: single questions, and ordered collections of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, overload

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import OpenItem, Writing
from pytest_llmcal.tasks.wording import Wording


@dataclass(frozen=True)
class Item:
    """One multiple-choice question.

    Attributes
    ----------
    id : str
        Stable name of the item, unique within its task.
    prompt : str
        Rendered text that the model reads before the answer.
    choices : tuple of str
        Texts that may follow the prompt, at least two, leading space included.
    answer : int
        Index of the right choice.
    groups : mapping of str to str
        Group names by attribute, for instance ``{"region": "north"}``.
    truth : tuple of float or None
        True probability of each choice where it is known (an invented world, or
        answers by many annotators); sums to one.
    wording : Wording or None
        How the prompt was made of a row, where that is known; no part of what an item is.
    """

    id: str
    prompt: str
    choices: tuple[str, ...]
    answer: int
    groups: Mapping[str, str] = field(default_factory=dict)
    truth: tuple[float, ...] | None = None
    wording: Wording | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.choices) < 2:
            raise TaskError(
                f"item {self.id!r}: an item needs at least two choices, got {len(self.choices)}: {list(self.choices)!r}"
            )
        for index, choice in enumerate(self.choices):
            if choice in self.choices[:index]:
                first = self.choices.index(choice)
                raise TaskError(
                    f"item {self.id!r}: choices {first} and {index} are both {choice!r}; choices must differ"
                )
        if not 0 <= self.answer < len(self.choices):
            raise TaskError(
                f"item {self.id!r}: answer {self.answer} is out of range, "
                f"allowed are 0 to {len(self.choices) - 1} for its {len(self.choices)} choices"
            )
        if self.truth is not None:
            _check_truth(self.id, self.truth, len(self.choices))


@dataclass(frozen=True)
class Text:
    """A running text whose every next token is a question of its own.

    Attributes
    ----------
    id : str
        Stable name of the text, unique within its task.
    text : str
        The text itself.
    groups : mapping of str to str
        Group names by attribute.
    """

    id: str
    text: str
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise TaskError(f"text {self.id!r}: the text is empty")


Asked = Item | OpenItem
"""One question, of either kind."""

AnyItem = Asked | Text
"""What a split may be made of."""


@dataclass(frozen=True, repr=False)
class Items(Sequence[AnyItem]):
    """One split of a task: its items in a fixed order.

    Attributes
    ----------
    task : str
        Name of the task.
    split : str
        ``"calibration"`` or ``"test"``.
    items : tuple of Item, OpenItem or Text
        At least one; ids are unique; all of one kind.
    writing : Writing or None
        How answers are written and judged; of open items alone, which cannot do without.
    """

    task: str
    split: str
    items: tuple[AnyItem, ...]
    writing: Writing | None = None

    def __post_init__(self) -> None:
        if not self.items:
            raise TaskError(f"task {self.task!r}: its {self.split} split has no items")
        kinds = {type(item).__name__ for item in self.items}
        if len(kinds) > 1:
            raise TaskError(f"task {self.task!r}: its {self.split} split mixes {' and '.join(sorted(kinds))}")
        if (kinds == {"OpenItem"}) != (self.writing is not None):
            raise TaskError(
                f"task {self.task!r}: its {self.split} split holds {kinds.pop()}s with writing={self.writing!r}; "
                f"how answers are written is said of open items, and of them always"
            )
        seen: dict[str, int] = {}
        for position, item in enumerate(self.items):
            if item.id in seen:
                raise TaskError(
                    f"task {self.task!r}: items {seen[item.id]} and {position} of its {self.split} split "
                    f"share the id {item.id!r}; ids must be unique"
                )
            seen[item.id] = position

    def __repr__(self) -> str:
        return f"<Items of {self.task}, {self.split} split: {len(self)}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002
        """Say as much to hypothesis and notebooks, which would else print every item."""
        printer.text(repr(self))

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[AnyItem]:
        return iter(self.items)

    @overload
    def __getitem__(self, index: int) -> AnyItem: ...
    @overload
    def __getitem__(self, index: slice) -> Items: ...
    def __getitem__(self, index: int | slice) -> AnyItem | Items:
        if isinstance(index, slice):
            return replace(self, items=self.items[index])
        return self.items[index]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything a score depends on, as 16 hexadecimal digits."""
        digest = hashlib.sha256()
        if self.writing is not None:
            digest.update(json.dumps(vars(self.writing), sort_keys=True).encode())
        for item in self.items:
            row = {name: value for name, value in vars(item).items() if name != "wording"}
            row["groups"] = dict(item.groups)
            digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode())
            digest.update(b"\n")
        return digest.hexdigest()[:16]


def questions_of(items: Items) -> list[Item]:
    """Return the items as questions.

    Raises
    ------
    TaskError
        If they offer no choices.
    """
    questions = [item for item in items if isinstance(item, Item)]
    if not questions:
        kind = "open questions" if items.writing else "running texts"
        raise TaskError(f"task {items.task!r}: its items are {kind}; questions with choices are needed")
    return questions


def asked_of(items: Items) -> list[Asked]:
    """Return the items as questions, whether or not they offer choices.

    Raises
    ------
    TaskError
        If they are running texts.
    """
    asked = [item for item in items if isinstance(item, (Item, OpenItem))]
    if not asked:
        raise TaskError(f"task {items.task!r}: its items are running texts; questions are needed")
    return asked


def _check_truth(item_id: str, truth: Sequence[float], choices: int) -> None:
    if len(truth) != choices:
        raise TaskError(f"item {item_id!r}: truth has {len(truth)} probabilities for {choices} choices")
    for index, probability in enumerate(truth):
        if not 0.0 <= probability <= 1.0:  # also false for NaN
            raise TaskError(f"item {item_id!r}: truth[{index}] is {probability}, allowed is 0 to 1")
    if abs(sum(truth) - 1.0) > 1e-6:
        raise TaskError(f"item {item_id!r}: truth sums to {sum(truth)}, it must sum to one")
