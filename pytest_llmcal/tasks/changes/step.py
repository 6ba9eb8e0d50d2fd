"""One change of a prompt that must not matter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace

from pytest_llmcal.tasks.items import Asked


class Step(ABC):
    """The smallest unit of change: one family, one value. Immutable, and equal to any other that does the same.

    As a text it is a clause, for instance ``"choices 1 and 2 trade places"``.
    """

    @abstractmethod
    def applied(self, item: Asked, task: str) -> Asked:
        """Return the item changed, with its id, groups and right answer; itself where the change has no hold on it.

        Parameters
        ----------
        item : Item or OpenItem
            Any question.
        task : str
            Name of its task, for error messages.
        """

    def places(self, choices: int) -> list[int]:
        """Return which of an item's choices stands at each place afterwards, counted from zero."""
        return list(range(choices))

    def obstacle(self, item: Asked) -> str:  # noqa: ARG002
        """Return why the change has no hold on an item, where there is more to say than that; else nothing."""
        return ""


def edited(item: Asked, edit: Callable[[str], str]) -> Asked:
    """Return the item with its rendered prompt edited; what renders it anew later edits it again."""
    wording = item.wording and replace(item.wording, edits=(*item.wording.edits, edit))
    return replace(item, prompt=edit(item.prompt), wording=wording)
