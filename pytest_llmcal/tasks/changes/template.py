"""The words around the question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_llmcal.tasks.changes.step import Step
from pytest_llmcal.tasks.items import Asked
from pytest_llmcal.tasks.prompts import Prompt

TEXT_TEMPLATES = ("Q: {{ question }}\nA:", "{{ question }}\nThe answer is:")
"""Other templates for tasks whose answers are weighed as they are worded."""

_LISTED = "{% for choice in choices %}{{ letters[loop.index0] }}. {{ choice }}\n{% endfor %}"

LETTERS_TEMPLATES = (
    "Q: {{ question }}\n" + _LISTED + "A:",
    "{{ question }}\nOptions:\n" + _LISTED + "The answer is:",
)
"""Other templates for tasks that are answered by letter."""


@dataclass(frozen=True)
class Template(Step):
    """The prompt is worded by another template.

    Attributes
    ----------
    source : str
        Jinja2 text, as for ``load_task``.
    """

    source: str

    def __str__(self) -> str:
        return f"the template is {self.source!r}"

    def applied(self, item: Asked, task: str) -> Asked:
        """Return the item worded anew, where it is known what it was made of."""
        if item.wording is None:
            return item
        wording = replace(item.wording, template=_compiled(self.source, task))
        return replace(item, prompt=wording.prompt(), wording=wording)


@lru_cache(maxsize=64)
def _compiled(source: str, task: str) -> Prompt:
    return Prompt(source, task)
