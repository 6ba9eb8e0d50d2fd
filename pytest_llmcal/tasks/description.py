"""What is to be read, from where and how: the arguments of ``load_task``, checked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from pytest_llmcal.tasks.correctness.registry import split_threshold
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import Writing
from pytest_llmcal.tasks.outcomes import REFUSALS

FILE_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt")
"""Endings of the files that are read; all but Parquet also with ``.gz``."""

STYLES = ("text", "letters")
LAYOUTS = ("bbq",)
ANSWER_FORMS = ("auto", "index", "number", "letter", "text")

_FREE = ("source", "seed", "limit")  # what may be said of a task that brings its own description

_OF_CHOICES = ("choices", "answer", "answer_form", "style", "delimiter", "shuffle_choices", "text")
_OF_WRITING = ("judgement_range", "correctness", "max_tokens", "stop", "refusals")


def _one_of(allowed: Sequence[str]) -> str:
    return "one of " + ", ".join(repr(each) for each in allowed)


def _texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fraction(value: object) -> bool:
    return _number(value) and 0 <= cast("float", value) < 1


def _range(value: object) -> bool:
    pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_number, value))
    return pair and -math.inf < cast("Sequence[float]", value)[0] < cast("Sequence[float]", value)[1] < math.inf


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
    "judgement_range": ("a pair of numbers, the lowest first", _range),
    "max_tokens": ("a whole number of at least 1", lambda v: _whole(v) and v >= 1),
    "stop": (
        "a text of at least one character, or a list of such texts",
        lambda v: bool(v) if isinstance(v, str) else _texts(v) and all(v),
    ),
    "refusals": ("a list of texts", _texts),
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
    references: str | None = None
    judged: str | None = None
    judgement: str | None = None
    judgement_range: Sequence[float] = (0.0, 1.0)
    correctness: str | None = None
    max_tokens: int = 64
    stop: str | Sequence[str] = ("\n",)
    refusals: Sequence[str] = REFUSALS
    text: str | None = None
    separator: str = "<|endoftext|>"
    id: str | None = None
    groups: Sequence[str] | Mapping[str, str] = field(default=())
    keep: str | None = None
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
        if self.correctness is not None:
            split_threshold(self.correctness)
        self._check_kind()

    def _check_kind(self) -> None:
        """Refuse what is said of another kind of task than this, for it would be passed over in silence."""
        if (self.judged is None) != (self.judgement is None):
            raise TaskError(f"task {self.source!r}: judged and judgement go together, and one of them is missing")
        if self.is_open and self.source.removesuffix(".gz").endswith(".txt"):
            raise TaskError(
                f"task {self.source!r}: a .txt file is running text, which asks nothing, so references and judged have "
                f"no meaning; put questions and right answers into {', '.join(FILE_SUFFIXES[:-1])}"
            )
        if self.is_open and self.layout is not None:
            raise TaskError(
                f"task {self.source!r}: layout {self.layout!r} has choices to pick from, so references and judged have "
                "no meaning with it; leave out layout, and give a template, to have answers written"
            )
        other = _OF_CHOICES if self.is_open else _OF_WRITING
        needs = "without references and judged" if self.is_open else "with references or judged"
        for name in self._said():
            if name in other:
                raise TaskError(f"task {self.source!r}: {name} has a meaning only {needs}")

    @property
    def is_open(self) -> bool:
        """Whether answers are written, not chosen."""
        return self.references is not None or self.judged is not None

    @property
    def writing(self) -> Writing | None:
        """How answers are written and judged; None where they are not written."""
        if not self.is_open:
            return None
        correctness = self.correctness or ("judged" if self.references is None else "exact_match")
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)
        return Writing(correctness, self.max_tokens, stop, tuple(self.refusals))

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
        said = [name for name in self._said() if name not in _FREE]
        if said:
            raise TaskError(
                f"task {self.source!r} {kind}: {', '.join(said)} cannot be given besides; only seed and limit can"
            )

    def _said(self) -> list[str]:
        return [each.name for each in fields(self) if getattr(self, each.name) != each.default]


def is_file_name(name: str) -> bool:
    """Say whether a name can only mean a file with items, compressed or not."""
    return name.removesuffix(".gz").endswith(FILE_SUFFIXES)
