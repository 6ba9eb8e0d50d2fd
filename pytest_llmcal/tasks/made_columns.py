"""Columns that a data set does not have: each made of a row's others by a Jinja2 text. And rows that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmcal.tasks.description import Description
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.prompts import Prompt
from pytest_llmcal.tasks.rows import Row

KEPT, LEFT_OUT = "True", "False"


def kept_rows(rows: Sequence[Row], described: Description) -> Sequence[Row]:
    """Return the rows for which ``keep`` says True.

    Raises
    ------
    TaskError
        It says neither True nor False of a row, or True of none.
    """
    if described.keep is None:
        return rows
    condition = Prompt(described.keep, described.title)
    kept = [row for row in rows if _is_kept(row, condition)]
    if not kept:
        raise TaskError(f"task {described.title!r}: keep={described.keep!r} leaves out all {len(rows)} rows")
    return kept


def _is_kept(row: Row, condition: Prompt) -> bool:
    said = condition.render(row.values, row.where).strip()
    if said not in (KEPT, LEFT_OUT):
        raise TaskError(f"{row.where}: keep must come to {KEPT} or {LEFT_OUT}, it comes to {said!r}")
    return said == KEPT


def with_made_columns(rows: Sequence[Row], described: Description) -> Sequence[Row]:
    """Give each row a value for every column that is named by a template.

    Raises
    ------
    TaskError
        A template is broken, or fails on a row.

    Examples
    --------
    >>> described = Description("sums", answer="{{ names.index(right) }}")
    >>> row = Row({"names": ["1", "2"], "right": "2"}, "line 1")
    >>> with_made_columns([row], described)[0]["{{ names.index(right) }}"]
    '1'
    """
    templates = {column: Prompt(column, described.title) for column in _columns(described) if _is_template(column)}
    if not templates:
        return rows
    return [
        replace(row, made={column: each.render(row.values, row.where) for column, each in templates.items()})
        for row in rows
    ]


def _columns(described: Description) -> list[str]:
    single = [described.answer, described.references, described.judged]
    choices = [] if isinstance(described.choices, str) else described.choices
    return [column for column in (*single, *choices, *described.attributes.values()) if column is not None]


def _is_template(column: str) -> bool:
    return "{{" in column or "{%" in column
