"""Lessons: items of the calibration split, each with the probabilities that a teacher gives to its choices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_llmcal.calibrators.distillation.student import Student, Tokens
from pytest_llmcal.calibrators.distillation.teachers import probabilities_by_id
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.tasks import Item, Items, Task

_SUM = 1e-3
"""How far from one a teacher's probabilities of the choices of an item may sum; rounding of float16 allowed."""


@dataclass(frozen=True)
class Lesson:
    """One item in tokens, with what the teacher says of it.

    Attributes
    ----------
    pairs : sequence of (context, continuation)
        One a choice.
    probabilities : tuple of float
        The teacher's, one a choice; they sum to one.
    """

    pairs: Sequence[tuple[Tokens, Tokens]]
    probabilities: tuple[float, ...]


def items_of(asked: Task | Items, allow_test: bool) -> Items:
    """Return the items to be taught: of a task, its calibration split.

    Raises
    ------
    CalibratorError
        If there is none, it is the test split, or it holds running text.
    """
    items = _calibration_split(asked) if isinstance(asked, Task) else asked
    if items.split == "test" and not allow_test:
        raise CalibratorError(
            f"task {items.task!r}: a student taught on the test split cannot be judged on it; distil on the "
            "calibration split, or say allow_test=True and gate on other items"
        )
    if not isinstance(items[0], Item):
        raise CalibratorError(f"task {items.task!r} is running text; distillation needs questions with choices")
    return items


def _calibration_split(task: Task) -> Items:
    if task.calibration is None:
        raise CalibratorError(f"task {task.name!r} keeps no calibration split to distil on")
    judged = {item.id for item in task.test}
    for item in task.calibration:
        if item.id in judged:
            raise CalibratorError(f"task {task.name!r}: item {item.id!r} is in its calibration and its test split")
    return task.calibration


def lessons(student: Student, taught: Sequence[tuple[Items, Scores]]) -> list[Lesson]:
    """Put items, the student's tokens and the teacher's probabilities together.

    Raises
    ------
    CalibratorError
        If the teacher lacks an item, or speaks of other choices; the item is named.
    """
    pairs = [pair for items, teacher in taught for pair in _matched(items, teacher)]
    encoded = student.encoded([item for item, _ in pairs])
    return [Lesson(tokens, target) for tokens, (_, target) in zip(encoded, pairs, strict=True)]


def _matched(items: Items, teacher: Scores) -> Iterator[tuple[Item, tuple[float, ...]]]:
    place, rows = probabilities_by_id(teacher, "a teacher")
    labels = choices_of(teacher, "a teacher").labels
    for item in items:
        assert isinstance(item, Item)
        if item.id not in place:
            raise CalibratorError(f"task {items.task!r}: the teacher says nothing of item {item.id!r}")
        row = place[item.id]
        target = rows[row, : len(item.choices)]
        if labels[row] != item.answer or len(target) < len(item.choices) or abs(target.sum() - 1.0) > _SUM:
            raise CalibratorError(
                f"task {items.task!r}: the teacher was asked item {item.id!r} with other choices, or in another order"
            )
        yield item, tuple((target / target.sum()).tolist())
