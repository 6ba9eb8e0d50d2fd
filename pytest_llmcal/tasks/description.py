"""What is to be read, from where and how: the arguments of ``load_task``, checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pytest_llmcal.tasks.errors import TaskError

FILE_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt")
"""Endings of the files that are read; all but Parquet also with ``.gz``."""

STYLES = ("text", "letters")
LAYOUTS = ("bbq",)
ANSWER_FORMS = ("auto", "index", "number", "letter", "text")

_FREE = ("source", "seed", "limit")  # what may be said of a task that brings its own description


def _one_of(allowed: Sequence[str]) -> str:
    return "one of " + ", ".join(repr(each) for each in allowed)


def _texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fraction(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1


_ALLOWED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "choices": ("a column, or a list of columns", lambda v: isinstance(v, str) or (_texts(v) and len(v) > 0)),
    "groups": (
        "a list of columns, or a mapping of attribute to column",
        lambda v: _texts(v) or (isinstance(v, Mapping) and _texts([*v.keys(), *v.values()])),
    ),
    "layout": (_one_of(LAYOUTS), lambda v: v in LAYOUTS),
    "style": (_one_of(STYLES), lambda v: v in STYLES),
    "answer_form": (_one_of(ANSWER_FORMS), lambda v: v in ANSWER_FORMS),
    "shuffle_choices": ("true or false", lambda v: isinstance(v, bool)),
    "seed": ("a whole number", _whole),
    "limit": ("a whole number of at least 1", lambda v: _whole(v) and v >= 1),
    "calibration": (
        "a fraction from 0 to below 1, or the name of a split or file",
        lambda v: v is None or _fraction(v) or (isinstance(v, str) and v != ""),
    ),
}


@dataclass(frozen=True)
class Description:
    """Everything `load_task` can be told; its parameters are explained there."""

    source: str
    name: str | None = None
    config: str | None = None
    revision: str | None = None
    layout: str | None = None
    template: str | None = None
    question: str = "question"
    choices: str | Sequence[str] = "choices"
    answer: str = "answer"
    answer_form: str = "auto"
    text: str | None = None
    separator: str = "<|endoftext|>"
    id: str | None = None
    groups: Sequence[str] | Mapping[str, str] = field(default=())
    style: str = "text"
    delimiter: str = " "
    shuffle_choices: bool | None = None
    seed: int = 0
    calibration: float | str | None = 1 / 3
    split: str | None = None
    split_column: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            allowed, holds = _ALLOWED.get(each.name, ("text", lambda given: isinstance(given, str)))
            if value != each.default and not holds(value):
                raise TaskError(f"task {self.source!r}: {each.name} is {value!r}; allowed is {allowed}")
        if self.separator == "":
            raise TaskError(f"task {self.source!r}: separator is empty; allowed is any text that ends one story")

    @property
    def title(self) -> str:
        """What the task is called: its name, that of its file, or its source."""
        return self.name or (Path(self.source).name.partition(".")[0] if is_file_name(self.source) else self.source)

    @property
    def attributes(self) -> dict[str, str]:
        """Column of each group attribute."""
        return dict(self.groups) if isinstance(self.groups, Mapping) else {each: each for each in self.groups}

    def refuse_details(self, kind: str) -> None:
        """Raise a `TaskError` if more was said than a task of this kind leaves open."""
        said = [
            each.name
            for each in fields(self)
            if each.name not in _FREE and getattr(self, each.name) != _default(each.name)
        ]
        if said:
            raise TaskError(
                f"task {self.source!r} {kind}: {', '.join(said)} cannot be given besides; only seed and limit can"
            )


def _default(name: str) -> Any:
    return next(each.default for each in fields(Description) if each.name == name)


def is_file_name(name: str) -> bool:
    """Say whether a name can only mean a file with items, compressed or not."""
    return name.removesuffix(".gz").endswith(FILE_SUFFIXES)
