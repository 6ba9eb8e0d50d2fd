"""Capitals."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_llmcal.tasks.changes.step import Step, edited
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Asked

_MADE = ("choices", "letters")  # what is weighed must stay as it is


@dataclass(frozen=True)
class Casing(Step):
    """What is asked stands in small letters, or in capitals.

    Where it is known how the prompt was made, the columns that it shows change and the template and
    the options stay; otherwise the whole prompt changes.

    Attributes
    ----------
    case : {"lower", "upper"}
        Which.

    Raises
    ------
    TaskError
        If it is neither.
    """

    case: str

    def __post_init__(self) -> None:
        if self.case not in ("lower", "upper"):
            raise TaskError(f"unknown case {self.case!r}; allowed are lower, upper")

    def __str__(self) -> str:
        return f"the question is in {self.case} case"

    def applied(self, item: Asked, task: str) -> Asked:  # noqa: ARG002
        """Return the item with its question in another case."""
        if item.wording is None:
            return edited(item, self._edit)
        old = item.wording.values
        shown = [name for name in item.wording.shown if name not in _MADE and isinstance(old[name], str)]
        wording = replace(item.wording, values={**old, **{name: self._edit(old[name]) for name in shown}})
        return replace(item, prompt=wording.prompt(), wording=wording)

    def _edit(self, text: str) -> str:
        return text.lower() if self.case == "lower" else text.upper()
