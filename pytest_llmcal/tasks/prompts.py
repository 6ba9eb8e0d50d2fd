"""Prompts: Jinja2 templates in a sandbox, where an undefined name is an error."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pytest_llmcal.tasks.errors import TaskError

TEXT_TEMPLATE = "Question: {{ question }}\nAnswer:"
"""Default prompt of the style ``"text"``: the answer is weighed as it is worded."""

LETTERS_TEMPLATE = """Question: {{ question }}
{% for choice in choices %}{{ letters[loop.index0] }}. {{ choice }}
{% endfor %}Answer:"""
"""Default prompt of the style ``"letters"``: choices are listed and answered by letter."""

LETTERS = tuple(ascii_uppercase)


class Prompt:
    r"""A prompt template, compiled once.

    Parameters
    ----------
    source : str
        Jinja2 text.
    title : str
        What the task is called, for error messages.

    Attributes
    ----------
    names : frozenset of str
        Names that the template reads.

    Examples
    --------
    >>> Prompt("{{ question }}\nAnswer:", "capitals").render({"question": "Capital of France?"}, "row 1")
    'Capital of France?\nAnswer:'
    """

    def __init__(self, source: str, title: str) -> None:
        # prompts are plain text, so nothing is to be escaped
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, finalize=_filled)
        try:
            self._template = environment.from_string(source)
        except TemplateSyntaxError as error:
            raise TaskError(f"task {title!r}: template, line {error.lineno}: {error.message}") from None
        self.names = frozenset(meta.find_undeclared_variables(environment.parse(source)))
        self._made_of = source, title

    def __reduce__(self) -> tuple[type[Prompt], tuple[str, str]]:
        return Prompt, self._made_of  # a compiled template cannot be pickled

    def render(self, values: Mapping[str, Any], where: str) -> str:
        """Render the prompt of one row.

        Raises
        ------
        TaskError
            A name is undefined, or the template does what the sandbox forbids.
        """
        try:
            return self._template.render(values)
        # whatever an expression of the template raises on this row's values is the template's error
        except Exception as error:
            reason = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
            raise TaskError(f"{where}: template: {reason}; defined are {', '.join(values)}") from None


def _filled(value: object) -> object:
    """Refuse to print an empty cell as the word None."""
    if value is None:
        raise ValueError("it prints a column that is empty in this row; {{ column or '' }} prints nothing")
    return value
