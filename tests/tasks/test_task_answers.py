"""How an answer column names a choice."""

from __future__ import annotations

import pytest

from pytest_llmcal.tasks import TaskError
from pytest_llmcal.tasks.answers import read_answer
from pytest_llmcal.tasks.rows import Row


def read(value: object, choices: list[object], form: str = "auto") -> int:
    return read_answer(Row({"answer": value}, "q.csv, line 7"), "answer", form, choices)


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (1, "auto", 1),
        (1.0, "auto", 1),
        ("1", "auto", 1),
        ("B", "auto", 1),
        ("Rome", "auto", 1),
        (2, "number", 1),
        ("2", "number", 1),
        ("B", "letter", 1),
        ("Rome", "text", 1),
        (0, "index", 0),
    ],
)
def test_an_answer_is_an_index_a_number_a_letter_or_the_text(value: object, form: str, expected: int) -> None:
    assert read(value, ["Paris", "Rome"], form) == expected


ALLOWED = r"allowed is 0 to 1, or A to B, or one of \['Paris'"


@pytest.mark.parametrize("value", [2, -1, "2", 2.0])
def test_a_number_beyond_the_choices_is_out_of_range(value: object) -> None:
    with pytest.raises(TaskError, match=rf"q\.csv, line 7, column 'answer': .* is out of range; {ALLOWED}"):
        read(value, ["Paris", "Rome"])


@pytest.mark.parametrize("value", ["C", "Oslo", "rome", None, True, 0.5, [1], "\u00b2", "\u0661"])
def test_anything_else_names_none_of_the_choices(value: object) -> None:
    with pytest.raises(TaskError, match=rf"q\.csv, line 7, column 'answer': .* names none of the choices; {ALLOWED}"):
        read(value, ["Paris", "Rome"])


@pytest.mark.parametrize(
    ("value", "choices"),
    [("2", ["2", "1", "0"]), (2, [2, 3, 4]), ("A", ["B", "A"]), ("yes", ["yes", "no", "yes"])],
)
def test_an_answer_that_may_mean_two_choices_is_refused(value: object, choices: list[object]) -> None:
    with pytest.raises(TaskError, match=r"line 7, column 'answer': .* may be choice \d or choice \d .* answer_form"):
        read(value, choices)


def test_saying_the_form_settles_it() -> None:
    assert read("2", ["2", "1", "0"], "text") == 0
    assert read("2", ["2", "1", "0"], "index") == 2
    assert read("2", ["2", "1", "0"], "number") == 1


def test_two_readings_that_agree_are_fine() -> None:
    assert read("A", ["A", "B"]) == 0
    assert read("1", ["0", "1"]) == 1
