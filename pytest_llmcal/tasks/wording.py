"""How an item's prompt was made of its row, so that it can be made again of other values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmcal.tasks.prompts import Prompt


@dataclass(frozen=True)
class Wording:
    """A prompt's template, and the values that it was filled with.

    Attributes
    ----------
    template : Prompt
        The template.
    values : mapping of str to object
        What the template sees: the row's columns, ``question``, ``choices`` and ``letters``.
    answered_by_letter : bool
        Whether the item's choices are the letters of the options that the prompt lists.
    where : str
        Where the row stands, for error messages.
    edits : tuple of callable
        What is done to the rendered text, in this order.
    """

    template: Prompt
    values: Mapping[str, Any]
    answered_by_letter: bool
    where: str
    edits: tuple[Callable[[str], str], ...] = ()

    @property
    def shown(self) -> list[str]:
        """Names of the values that the template reads, sorted."""
        return sorted(self.template.names & self.values.keys())

    def prompt(self, **changes: Any) -> str:
        """Render the prompt, some values replaced.

        Raises
        ------
        TaskError
            The template fails on these values; the text names the row.
        """
        text = self.template.render({**self.values, **changes}, self.where)
        for edit in self.edits:
            text = edit(text)
        return text
