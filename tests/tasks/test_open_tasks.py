"""Questions whose answer is written: how they are told from others, read and described."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.cli import main
from pytest_llmcal.tasks import OpenItem, Task, TaskError, Writing, load_task
from pytest_llmcal.tasks.correctness import correctness


def right(text: str, item: OpenItem) -> float:
    return float(text.strip() in item.references)


def task_of(folder: Path, *rows: dict[str, Any], **options: Any) -> Task:
    path = folder / "open.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return load_task(path, **{"calibration": 0, **options})


def first(task: Task) -> OpenItem:
    [item] = task.test
    assert isinstance(item, OpenItem)
    return item


ROW = {"question": "Who sang it?", "answer": "The Beatles", "place": "Hamburg"}


def test_references_make_a_question_open(tmp_path: Path) -> None:
    task = task_of(tmp_path, ROW, references="answer", groups=["place"])
    item = first(task)
    assert (item.prompt, item.references) == ("Question: Who sang it?\nAnswer:", ("The Beatles",))
    assert item.groups == {"place": "Hamburg"}
    assert task.test.writing == Writing("exact_match", 64, ("\n",))


def test_references_may_be_several_and_numbers(tmp_path: Path) -> None:
    rows = ({"question": "1?", "aliases": ["Beatles", 4, 42.0]}, {"question": "2?", "aliases": 2.5})
    task = task_of(tmp_path, *rows, references="aliases")
    assert [item.references for item in task.test if isinstance(item, OpenItem)] == [("Beatles", "4", "42"), ("2.5",)]


def test_how_it_is_written_and_judged_can_be_said(tmp_path: Path) -> None:
    task = task_of(tmp_path, ROW, references="answer", correctness="chrf>=0.6", max_tokens=9, stop=".")
    assert task.test.writing == Writing("chrf>=0.6", 9, (".",))
    task = task_of(tmp_path, ROW, references="answer", correctness=right, stop=())
    assert task.test.writing == Writing(f"{__name__}:right", 64, ())


@pytest.mark.parametrize(
    ("judgement", "options", "expected"),
    [
        (0.25, {}, 0.25),
        (True, {}, 1.0),
        ([True, False, True, True], {}, 0.75),
        ([True, False, True, True], {"judgement_range": (0, 100)}, 0.75),
        (64, {"judgement_range": (0, 100)}, 0.64),
        ([1, 5], {"judgement_range": [1, 5]}, 0.5),
        ("0.5", {}, 0.5),
    ],
)
def test_a_judgement_is_a_number_or_votes(tmp_path: Path, judgement: object, options: Any, expected: float) -> None:
    row = ROW | {"reply": {"text": "With joy!"}, "found": judgement}
    task = task_of(tmp_path, row, judged="reply.text", judgement="found", **options)
    item = first(task)
    assert (item.judged, item.judgement, item.references) == ("With joy!", pytest.approx(expected), ())
    assert task.test.writing == Writing("judged", 64, ("\n",))


def test_a_judged_answer_may_be_made_of_several_columns(tmp_path: Path) -> None:
    row = ROW | {"reply": {"kind": "call", "of": "the fair"}, "found": 1}
    task = task_of(tmp_path, row, judged="{{ reply.kind }} {{ reply.of | upper }}", judgement="found")
    assert first(task).judged == "call THE FAIR"


def test_the_prompt_is_made_by_a_template(tmp_path: Path) -> None:
    task = task_of(tmp_path, ROW, references="answer", template="{{ question }} In {{ place }}:")
    item = first(task)
    assert item.prompt == "Who sang it? In Hamburg:"
    assert item.wording is not None
    assert item.wording.prompt(question="What?") == "What? In Hamburg:"


def test_both_splits_are_open(tmp_path: Path) -> None:
    rows = [ROW | {"question": f"{number}?"} for number in range(40)]
    task = task_of(tmp_path, *rows, references="answer", calibration=0.5, max_tokens=3)
    assert task.calibration is not None
    assert task.calibration.writing == task.test.writing == Writing("exact_match", 3, ("\n",))
    assert task.test.fingerprint != task_of(tmp_path, *rows, references="answer", calibration=0.5).test.fingerprint


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ({"answer": []}, {}, r"open.jsonl, line 1, column 'answer': at least one right answer is needed"),
        ({"answer": [""]}, {}, r"column 'answer': a right answer must be text or a number, it is ''"),
        ({"answer": None}, {}, r"column 'answer': a right answer must be text or a number, it is None"),
        ({"answer": True}, {}, r"column 'answer': a right answer must be text or a number, it is True"),
        ({}, {"references": "right"}, r"line 1, column 'right': there is no such column"),
        ({"answer": float("nan")}, {}, r"column 'answer': a right answer that is a number must be finite, it is nan"),
        ({"found": 101}, {}, r"line 1, column 'found': a judgement is 101; judgement_range allows 0 to 100"),
        ({"found": float("nan")}, {}, r"column 'found': a judgement is nan; judgement_range allows 0 to 100"),
        ({"found": []}, {}, r"column 'found': at least one judgement is needed"),
        ({"found": "good"}, {}, r"column 'found': a judgement must be a number, true or false, it is 'good'"),
        ({"reply": 3}, {}, r"line 1, column 'reply': an answer is a text, it is 3"),
        ({}, {"judged": "{{ nothing }}"}, r"open.jsonl, line 1: template: 'nothing' is undefined"),
        ({}, {"judged": "{{ reply"}, r"task 'open': template, line 1"),
    ],
)
def test_an_error_names_file_line_and_column(tmp_path: Path, row: Any, options: Any, message: str) -> None:
    given = {"references": "answer", "judged": "reply", "judgement": "found", "judgement_range": (0, 100)} | options
    with pytest.raises(TaskError, match=message):
        task_of(tmp_path, ROW | {"reply": "yes", "found": 50} | row, **given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"references": "answer", "choices": "options"}, "choices has a meaning only without references and judged"),
        ({"references": "answer", "shuffle_choices": True}, "shuffle_choices has a meaning only without references"),
        ({"correctness": "chrf"}, "correctness has a meaning only with references or judged"),
        ({"stop": "."}, "stop has a meaning only with references or judged"),
        ({"judged": "answer"}, "judged and judgement go together, and one of them is missing"),
        (
            {"references": "answer", "layout": "bbq"},
            "layout 'bbq' has choices to pick from, so references and judged have",
        ),
        ({"references": "answer", "correctness": "chfr"}, "unknown correctness 'chfr'; allowed are bleu, "),
        ({"references": "answer", "max_tokens": 0}, "max_tokens is 0; allowed is a whole number of at least 1"),
        ({"references": "answer", "stop": [""]}, r"stop is \[''\]; allowed is a text of at least one character"),
        ({"references": ["answer"]}, r"references is \['answer'\]; allowed is text"),
        ({"references": "a", "judgement_range": (1, 1)}, r"judgement_range is \(1, 1\); allowed is a pair of numbers"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, options: Any, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        task_of(tmp_path, ROW, **options)


def test_running_text_has_no_right_answers(tmp_path: Path) -> None:
    (tmp_path / "stories.txt").write_text("Once upon a time.", encoding="utf-8")
    with pytest.raises(
        TaskError, match=r"a \.txt file is running text, which asks nothing, so references and judged have"
    ):
        load_task(tmp_path / "stories.txt", references="answer")


DESCRIPTION = """
source = "open.jsonl"
references = "answer"
judged = "reply"
judgement = "found"
judgement_range = [0, 100]
correctness = "token_f1"
max_tokens = 12
stop = ["\\n", "Question:"]
calibration = 0
"""


def test_a_description_says_it_all_and_the_command_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = ROW | {"reply": "the Stones", "found": 20}
    task_of(tmp_path, row, references="answer")
    description = tmp_path / "open.toml"
    description.write_text(DESCRIPTION)
    task = load_task(description)
    assert task.test.writing == Writing("token_f1", 12, ("\n", "Question:"))
    assert first(task).judgement == 0.2
    assert main(["tasks", str(description)]) == 0
    printed = capsys.readouterr().out
    assert "answers are written: at most 12 tokens, to '\\n' or 'Question:', judged by token_f1" in printed
    assert "* The Beatles" in printed
    assert "judged 0.2: the Stones" in printed


def test_a_description_that_is_wrong_is_named(tmp_path: Path) -> None:
    task_of(tmp_path, ROW, references="answer")
    description = tmp_path / "open.toml"
    description.write_text(DESCRIPTION.replace("token_f1", "f1"))
    with pytest.raises(TaskError, match=r"open.toml: .*unknown correctness 'f1'; allowed are "):
        load_task(description)


def test_a_correctness_of_ones_own_is_found_beside_the_description(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW))
    (tmp_path / "words_of_mine.py").write_text("WORDS = ('yes',)")
    (tmp_path / "checks_of_mine.py").write_text(
        "from words_of_mine import WORDS\ndef right(text, item):\n    return text in WORDS"
    )
    described = 'source = "rows.jsonl"\nreferences = "answer"\ncalibration = 0\ncorrectness = "checks_of_mine:right"'
    (tmp_path / "t.toml").write_text(described)
    item = first(load_task(tmp_path / "t.toml"))
    assert [correctness("checks_of_mine:right")(text, item) for text in ("yes", "no")] == [1.0, 0.0]
    other = tmp_path / "other"
    other.mkdir()
    (other / "checks_of_mine.py").write_text("right = 1")
    (other / "t.toml").write_text(described)
    with pytest.raises(TaskError, match=r"a module of this name is imported already.*give one of them another name"):
        load_task(other / "t.toml")
    (other / "broken_of_mine.py").write_text("def right(")
    (other / "t.toml").write_text(described.replace("checks_of_mine", "broken_of_mine"))
    with pytest.raises(TaskError, match=r"broken_of_mine.py cannot be imported: "):
        load_task(other / "t.toml")
