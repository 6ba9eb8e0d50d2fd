"""White space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_llmcal.tasks.changes.step import Step, edited
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Asked

# Nothing is added at the end of a prompt: how its last token and the choice are cut is no matter of looks.
EDITS: dict[str, Callable[[str], str]] = {
    "a space stands in front": lambda text: " " + text,
    "a line break stands in front": lambda text: "\n" + text,
    "spaces are doubled": lambda text: text.replace(" ", "  "),
    "line breaks are doubled": lambda text: text.replace("\n", "\n\n"),
}
"""What is done to a prompt, by what it is called."""


@dataclass(frozen=True)
class WhiteSpace(Step):
    """White space is added to the prompt.

    Attributes
    ----------
    what : str
        One of the keys of ``EDITS``.

    Raises
    ------
    TaskError
        If it is none of them.
    """

    what: str

    def __post_init__(self) -> None:
        if self.what not in EDITS:
            raise TaskError(f"unknown white space {self.what!r}; known are {', '.join(map(repr, EDITS))}")

    def __str__(self) -> str:
        return self.what

    def applied(self, item: Asked, task: str) -> Asked:  # noqa: ARG002
        """Return the item with more white space in its prompt."""
        return edited(item, self._edit)

    def _edit(self, text: str) -> str:
        return EDITS[self.what](text)
