"""A sentence in front that has nothing to do with the question."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmcal.tasks.changes.step import Step, edited
from pytest_llmcal.tasks.items import Asked

SENTENCES = ("The weather is fine today.", "Somewhere a dog barks.", "This line has nothing to do with the question.")
"""What is put in front unless others are given."""


@dataclass(frozen=True)
class Preface(Step):
    """A sentence stands in front of the prompt, on a line of its own where that has lines.

    Attributes
    ----------
    sentence : str
        Any text that must not matter.
    """

    sentence: str

    def __str__(self) -> str:
        return f"{self.sentence!r} stands in front"

    def applied(self, item: Asked, task: str) -> Asked:  # noqa: ARG002
        """Return the item with the sentence in front of its prompt."""
        return edited(item, self._edit)

    def _edit(self, text: str) -> str:
        return self.sentence + ("\n" if "\n" in text else " ") + text
