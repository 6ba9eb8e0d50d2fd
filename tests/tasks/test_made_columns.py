"""Columns that a data set does not have are made of those that it has; rows may be left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.tasks import Item, OpenItem, Task, TaskError, load_task


def task_of(folder: Path, *rows: dict[str, Any], **options: Any) -> Task:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return load_task(path, calibration=0, **options)


LABELLED = {"question": "Which?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "key": "2"}


def test_an_answer_may_be_found_among_labels(tmp_path: Path) -> None:
    options = {"choices": "choices.text", "answer": "{{ choices.label.index(key) }}", "answer_form": "index"}
    [item] = task_of(tmp_path, LABELLED, **options).test
    assert isinstance(item, Item)
    assert (item.choices, item.answer) == ((" x", " y"), 1)


def test_choices_and_groups_may_be_made(tmp_path: Path) -> None:
    row = {"question": "Is it?", "answer": True, "words": "a b c"}
    groups = {"length": "{{ 'long' if words | length > 3 else 'short' }}"}
    options = {"choices": ["{{ 'no' }}", "{{ 'yes' }}"], "answer": "{{ answer | int }}", "answer_form": "index"}
    [item] = task_of(tmp_path, row, groups=groups, **options).test
    assert isinstance(item, Item)
    assert (item.choices, item.answer, item.groups) == ((" no", " yes"), 1, {"length": "long"})


def test_a_reference_may_be_the_last_turn(tmp_path: Path) -> None:
    row = {"dialogue": ["Hello!", "Hello, who is there?"]}
    [item] = task_of(tmp_path, row, references="{{ dialogue[-1] }}", template="{{ dialogue[0] }}").test
    assert isinstance(item, OpenItem)
    assert (item.prompt, item.references) == ("Hello!", ("Hello, who is there?",))


def test_an_id_is_that_of_the_row_whatever_is_made_of_it(tmp_path: Path) -> None:
    row = {"question": "Which?", "answer": "y"}
    [plain] = task_of(tmp_path, row, references="answer").test
    [made] = task_of(tmp_path, row, references="{{ answer }}").test
    assert made == plain


def test_rows_are_kept_by_a_condition(tmp_path: Path) -> None:
    rows = [{"question": f"{number}?", "answer": number} for number in range(4)]
    task = task_of(tmp_path, *rows, references="answer", keep="{{ answer > 1 }}")
    assert [item.references for item in task.test if isinstance(item, OpenItem)] == [("2",), ("3",)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"answer": "{{ choices.label.index('7') }}"}, "line 1: template: ValueError: '7' is not in list; defined"),
        ({"answer": "{{ key }}"}, r"column '{{ key }}': '2' is out of range; allowed is 0 to 1"),
        ({"answer": "{{ key"}, "task 'rows': template, line 1"),
        ({"keep": "{{ key == '3' }}"}, r"task 'rows': keep=\"{{ key == '3' }}\" leaves out all 1 rows"),
        ({"keep": "{{ key }}"}, "line 1: keep must come to True or False, it comes to '2'"),
        ({"keep": True}, "keep is True; allowed is text"),
    ],
)
def test_what_cannot_be_made_is_told(tmp_path: Path, options: Any, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        task_of(tmp_path, LABELLED, **{"choices": "choices.text", "answer_form": "index", **options})
