"""What options are called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import ascii_lowercase

from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Asked, Item
from pytest_llmcal.tasks.prompts import LETTERS

SYMBOLS = {"a": tuple(ascii_lowercase), "1": tuple(str(number + 1) for number in range(len(LETTERS)))}
"""What stands in the place of A, B, C, by the first of them."""


@dataclass(frozen=True)
class Letters(Step):
    """Options are lettered otherwise, and answered so.

    Attributes
    ----------
    first : {"a", "1"}
        What the first option is called.

    Raises
    ------
    TaskError
        If no alphabet begins so.
    """

    first: str

    def __post_init__(self) -> None:
        if self.first not in SYMBOLS:
            raise TaskError(f"no alphabet of options begins with {self.first!r}; allowed are {', '.join(SYMBOLS)}")

    def __str__(self) -> str:
        return f"options are lettered {', '.join(SYMBOLS[self.first][:3])}"

    def applied(self, item: Asked, task: str) -> Asked:  # noqa: ARG002
        """Return the item with other letters, where it is answered by those that its prompt shows."""
        wording = item.wording
        if not isinstance(item, Item) or wording is None or not wording.answered_by_letter:
            return item
        old, new = wording.values["letters"], SYMBOLS[self.first][: len(item.choices)]
        wording = replace(wording, values={**wording.values, "letters": new})
        prompt = wording.prompt()
        if prompt == item.prompt:
            return item
        choices = (
            choice.removesuffix(before) + after for choice, before, after in zip(item.choices, old, new, strict=True)
        )
        return replace(item, prompt=prompt, choices=tuple(choices), wording=wording)
