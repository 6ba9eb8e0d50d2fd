"""From a row to an open item: references, an answer that was judged, then the prompt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from pytest_llmcal.tasks.description import Description
from pytest_llmcal.tasks.open_items import OpenItem
from pytest_llmcal.tasks.prompts import TEXT_TEMPLATE, Prompt
from pytest_llmcal.tasks.questions import asked_by, groups_of, read_ids
from pytest_llmcal.tasks.rows import Row
from pytest_llmcal.tasks.wording import Wording


def read_open_items(rows: Sequence[Row], described: Description) -> list[OpenItem]:
    """Make an open item of each row.

    Raises
    ------
    TaskError
        A column is missing or holds what it must not; two rows share an id; or a template fails on a row.
    """
    prompt = Prompt(TEXT_TEMPLATE if described.template is None else described.template, described.title)
    return [
        _open_item(row, row_id, prompt, described) for row, row_id in zip(rows, read_ids(rows, described), strict=True)
    ]


def _open_item(row: Row, row_id: str, prompt: Prompt, described: Description) -> OpenItem:
    values = {**row.values, **asked_by(row, described)}
    return OpenItem(
        id=row_id,
        prompt=prompt.render(values, row.where),
        references=_references(row, described),
        groups=groups_of(row, described),
        judged=_judged(row, described.judged),
        judgement=_judgement(row, described),
        wording=Wording(prompt, values, False, row.where),
    )


def _judged(row: Row, column: str | None) -> str | None:
    if column is None:
        return None
    text = row[column]
    if not isinstance(text, str):
        row.refuse(column, f"an answer is a text, it is {text!r}")
    return text


def _references(row: Row, described: Description) -> tuple[str, ...]:
    column = described.references
    if column is None:
        return ()
    value = row[column]
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    if not given:
        row.refuse(column, "at least one right answer is needed, the list is empty")
    for each in given:
        if isinstance(each, bool) or not isinstance(each, (str, int, float)) or not str(each).strip():
            row.refuse(column, f"a right answer must be text or a number, it is {each!r}")
        if isinstance(each, (int, float)) and not math.isfinite(each):
            row.refuse(column, f"a right answer that is a number must be finite, it is {each!r}")
    # a table keeps 42 as 42.0 where another row of its column is empty, and nobody answers that
    return tuple(f"{each:.0f}" if isinstance(each, float) and each.is_integer() else str(each) for each in given)


def _judgement(row: Row, described: Description) -> float | None:
    column = described.judgement
    if column is None:
        return None
    value = row[column]
    votes = list(value) if isinstance(value, (list, tuple)) else [value]
    if not votes:
        row.refuse(column, "at least one judgement is needed, the list is empty")
    low, high = described.judgement_range
    return fmean((_number(row, column, each, low, high) - low) / (high - low) for each in votes)


def _number(row: Row, column: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool):  # a vote for or against, whatever the numbers of others are of
        return high if value else low
    try:
        number = float(value)  # type: ignore[arg-type]  # also of a CSV file's cell, which is text
    except (TypeError, ValueError):
        row.refuse(column, f"a judgement must be a number, true or false, it is {value!r}")
    if not low <= number <= high:  # also false for NaN
        row.refuse(column, f"a judgement is {value!r}; judgement_range allows {low:g} to {high:g}")
    return number
