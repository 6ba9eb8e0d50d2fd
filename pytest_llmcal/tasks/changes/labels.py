"""The words for a label."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.items import Asked, Item


@dataclass(frozen=True)
class Label(Step):
    """A label is worded otherwise, among the choices and where the prompt lists them.

    Attributes
    ----------
    old, new : str
        The choice as the task words it, and another word for it; without white space around.
    """

    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.old!r} is worded {self.new!r}"

    def applied(self, item: Asked, task: str) -> Asked:  # noqa: ARG002
        """Return the item with another word for the label."""
        if not isinstance(item, Item):
            return item
        wording, prompt = item.wording, item.prompt
        if wording is not None:
            options = tuple(self._worded(option) for option in wording.values["choices"])
            wording = replace(wording, values={**wording.values, "choices": options})
            prompt = wording.prompt()
        letters = wording is not None and wording.answered_by_letter
        choices = item.choices if letters else tuple(map(self._worded, item.choices))
        return replace(item, prompt=prompt, choices=choices, wording=wording)

    def _worded(self, text: str) -> str:
        return text.replace(self.old, self.new) if text.strip() == self.old else text
