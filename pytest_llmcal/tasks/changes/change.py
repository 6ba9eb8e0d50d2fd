"""A change of prompts that must not matter: a few steps, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_llmcal.tasks.changes.order import Swap
from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Asked, Item, Items, asked_of


@dataclass(frozen=True)
class PromptChange:
    """A change of prompts. Immutable.

    Attributes
    ----------
    steps : tuple of Step
        What is changed, in this order; none leaves everything as it is.

    Examples
    --------
    >>> from pytest_llmcal.tasks import load_task
    >>> from pytest_llmcal.tasks.changes import Swap
    >>> change = PromptChange((Swap(0, 1),))
    >>> print(change)
    choices 1 and 2 trade places
    >>> old = load_task("world/qa", limit=1).test
    >>> old[0].choices, change.apply(old)[0].choices
    ((' the Old Moor', ' the Amber'), (' the Amber', ' the Old Moor'))
    """

    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return " and ".join(map(str, self.steps)) or "nothing is changed"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002
        """Show it to hypothesis as what makes it again, not as how it was drawn."""
        printer.text(repr(self))

    def apply(self, items: Items) -> Items:
        """Return the items changed: the same ids, in the same order, with the same right answers.

        Raises
        ------
        TaskError
            If the items are running texts, or the change leaves all of them as they are: a gate on it would say
            nothing.
        """
        before = asked_of(items)
        after = before
        for step in self.steps:
            after = [step.applied(item, items.task) for item in after]
        if self.steps and after == before:
            raise TaskError(
                f"task {items.task!r}: no item of its {items.split} split changes when {self}{self._obstacle(before)}"
            )
        return replace(items, items=tuple(after))

    def _obstacle(self, items: Sequence[Asked]) -> str:
        obstacles = (step.obstacle(item) for step in self.steps for item in items)
        first = next(filter(None, obstacles), "")
        return first and f": {first}"

    def places(self, choices: int) -> list[int]:
        """Return which of an item's so many choices stands at each place afterwards, counted from zero.

        Examples
        --------
        >>> from pytest_llmcal.tasks.changes import Swap
        >>> PromptChange((Swap(0, 1), Swap(1, 2))).places(3)
        [1, 2, 0]
        """
        there = list(range(choices))
        for step in self.steps:
            there = [there[place] for place in step.places(choices)]
        return there

    def places_of(self, item: Asked, task: str) -> list[int]:
        """Return which of an item's choices stands at each place afterwards: some steps may have no hold on it."""
        if not isinstance(item, Item):
            return []
        there = list(range(len(item.choices)))
        for step in self.steps:
            changed = step.applied(item, task)
            if changed is not item:
                there = [there[place] for place in step.places(len(there))]
            item = changed
        return there

    def only_weighed(self, items: Items) -> bool:
        """Tell whether choices trade places and no prompt shows it: what the model reads stays the same."""
        swaps = [step for step in self.steps if isinstance(step, Swap)]
        return bool(swaps) and not any(
            step.applied(item, items.task).prompt != item.prompt for step in swaps for item in asked_of(items)
        )
