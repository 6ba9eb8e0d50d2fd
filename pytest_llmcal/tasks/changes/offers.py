"""Which changes a task allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_llmcal.tasks.changes.casing import Casing
from pytest_llmcal.tasks.changes.labels import Label
from pytest_llmcal.tasks.changes.letters import SYMBOLS, Letters
from pytest_llmcal.tasks.changes.order import Swap
from pytest_llmcal.tasks.changes.preface import SENTENCES, Preface
from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.changes.template import LETTERS_TEMPLATES, TEXT_TEMPLATES, Template
from pytest_llmcal.tasks.changes.white_space import EDITS, WhiteSpace
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Asked, Item, Items, asked_of


@dataclass(frozen=True)
class Given:
    """What may be said of a task's own words.

    Attributes
    ----------
    templates : sequence of str
        Other templates for its prompt; without any, some for a question and its options.
    labels : mapping of str to sequence of str
        Other words for a choice.
    sentences : sequence of str
        What may stand in front.
    """

    templates: Sequence[str] = ()
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sentences: Sequence[str] = SENTENCES


def offered(items: Items, kinds: Sequence[str] | None = None, given: Given | None = None) -> dict[str, list[Step]]:
    """Return the steps that change something about the items, by kind, the plainest first.

    Parameters
    ----------
    items : Items
        Questions. Of those that are answered in writing, what has to do with choices is not offered.
    kinds : sequence of str, optional
        Some of ``KINDS``; all by default.
    given : Given, optional
        The task's own words.

    Raises
    ------
    TaskError
        If a kind is unknown, or nothing is left; the text says what the items would need.

    Examples
    --------
    >>> from pytest_llmcal.tasks import load_task
    >>> list(offered(load_task("world/qa", limit=20).test))
    ['white_space', 'casing', 'preface']
    """
    asked = checked_kinds(kinds)
    questions = asked_of(items)
    found = {}
    for kind in asked:
        steps = [step for step in _STEPS[kind](questions, given or Given()) if _changes(step, questions, items.task)]
        if steps:
            found[kind] = steps
    if not found:
        raise TaskError(
            f"task {items.task!r}: none of the changes {', '.join(asked)} can be made to its prompts. Order needs "
            "prompts that list the choices; order, letters and templates need items that load_task read from a file or "
            "dataset; letters also style='letters'; other words for labels must be given"
        )
    return found


def checked_kinds(kinds: Sequence[str] | None) -> tuple[str, ...]:
    """Return the kinds asked for, in the order of ``KINDS``.

    Raises
    ------
    TaskError
        If there is none, or one is unknown.
    """
    if kinds is None:
        return KINDS
    names = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    unknown = [name for name in names if name not in KINDS]
    if unknown or not names:
        raise TaskError(f"unknown kinds of changes {unknown!r}; allowed are one or more of {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in names)


def _changes(step: Step, questions: Sequence[Asked], task: str) -> bool:
    if isinstance(step, Swap):  # what is merely weighed in another order is read as before
        return any(step.applied(item, task).prompt != item.prompt for item in questions)
    return any(step.applied(item, task) != item for item in questions)


def _swaps(questions: Sequence[Asked], _: Given) -> Iterable[Step]:
    most = max(len(item.choices) if isinstance(item, Item) else 0 for item in questions)
    return (Swap(first, second) for second in range(1, most) for first in range(second))


def _templates(questions: Sequence[Asked], given: Given) -> Iterable[Step]:
    if given.templates:
        return map(Template, given.templates)
    wordings = [item.wording for item in questions]
    letters = wordings[0] is not None and wordings[0].answered_by_letter
    templates, plain = (LETTERS_TEMPLATES, _LISTED) if letters else (TEXT_TEMPLATES, ["question"])
    if any(wording is None or wording.shown != plain for wording in wordings):
        return ()  # one of ours would leave out what it shows besides
    return map(Template, templates)


_LISTED = ["choices", "letters", "question"]

_STEPS: dict[str, Callable[[Sequence[Asked], Given], Iterable[Step]]] = {
    "order": _swaps,
    "letters": lambda _, __: map(Letters, SYMBOLS),
    "labels": lambda _, given: (Label(old, new) for old, others in given.labels.items() for new in others),
    "white_space": lambda _, __: map(WhiteSpace, EDITS),
    "casing": lambda _, __: map(Casing, ("lower", "upper")),
    "template": _templates,
    "preface": lambda _, given: map(Preface, given.sentences),
}

KINDS = tuple(_STEPS)
"""Kinds of changes, the plainest first."""
