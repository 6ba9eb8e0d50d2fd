"""What the model reads: templates, styles, delimiters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.tasks import Item, TaskError, load_task

ROW = {"question": "Which river?", "choices": ["Rhine", "Po"], "answer": 1, "hint": "It is in Italy."}


def only_item(folder: Path, **options: Any) -> Item:
    path = folder / "one.jsonl"
    path.write_text(json.dumps(ROW))
    item = load_task(path, calibration=0, **options).test[0]
    assert isinstance(item, Item)
    return item


def test_the_default_prompt_asks_for_the_wording(tmp_path: Path) -> None:
    item = only_item(tmp_path)
    assert (item.prompt, item.choices) == ("Question: Which river?\nAnswer:", (" Rhine", " Po"))


def test_letters_are_listed_and_weighed(tmp_path: Path) -> None:
    item = only_item(tmp_path, style="letters")
    assert item.prompt == "Question: Which river?\nA. Rhine\nB. Po\nAnswer:"
    assert (item.choices, item.answer) == ((" A", " B"), 1)


def test_letters_follow_the_shuffle(tmp_path: Path) -> None:
    for seed in range(20):
        item = only_item(tmp_path, style="letters", shuffle_choices=True, seed=seed)
        letter = item.choices[item.answer].strip()
        assert f"\n{letter}. Po\n" in item.prompt


def test_a_template_sees_columns_choices_and_letters(tmp_path: Path) -> None:
    template = "{{ hint }} {{ question }} {{ letters | join('/') }}: {{ choices | join(' or ') }}?"
    assert only_item(tmp_path, template=template).prompt == "It is in Italy. Which river? A/B: Rhine or Po?"


def test_the_question_may_have_another_name(tmp_path: Path) -> None:
    assert only_item(tmp_path, question="hint").prompt == "Question: It is in Italy.\nAnswer:"


def test_prompts_are_not_escaped(tmp_path: Path) -> None:
    assert only_item(tmp_path, template="<b>{{ '<&>' }}").prompt == "<b><&>"


def test_the_delimiter_stands_before_every_choice(tmp_path: Path) -> None:
    assert only_item(tmp_path, delimiter="").choices == ("Rhine", "Po")
    assert only_item(tmp_path, delimiter="\n").choices == ("\nRhine", "\nPo")


def test_an_undefined_name_is_an_error_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(
        TaskError,
        match=r"one\.jsonl, line 1: template: 'hnt' is undefined; defined are question, choices, answer, hint, letters",
    ):
        only_item(tmp_path, template="{{ hnt }}")


def test_broken_templates_are_named_by_line(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"task 'one': template, line 2"):
        only_item(tmp_path, template="fine\n{{ question")


def test_the_sandbox_holds(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"template: access to attribute '__class__'"):
        only_item(tmp_path, template="{{ question.__class__.__mro__ }}")


def test_an_expression_that_fails_is_the_templates_error(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"line 1: template: ZeroDivisionError"):
        only_item(tmp_path, template="{{ 1 // 0 }}")


def test_an_empty_cell_is_never_printed_as_a_word(tmp_path: Path) -> None:
    row = {"question": "q", "hint": None, "choices": ["a", "b"], "answer": 0}
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps(row))
    with pytest.raises(TaskError, match=r"q\.jsonl, line 1: template: .* prints a column that is empty in this row"):
        load_task(path, template="{{ question }} {{ hint }}", calibration=0)
    task = load_task(path, template="{{ question }}{{ hint or '' }}{% if hint %} no{% endif %}", calibration=0)
    assert task.test[0].prompt == "q"
