"""Bad input is told by file, line and column, with what is allowed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.tasks import TaskError, load_task

GOOD = {"question": "q", "choices": ["a", "b"], "answer": 0}


def jsonl(folder: Path, *rows: Any) -> Path:
    path = folder / "q.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def refused(match: str, source: object, **options: Any) -> None:
    with pytest.raises(TaskError, match=match):
        load_task(source, **{"calibration": 0} | options)


@pytest.mark.parametrize("name", ["no.jsonl", "no.csv", "no.parquet", "no.txt", "no.jsonl.gz"])
def test_a_missing_file(name: str, tmp_path: Path) -> None:
    refused(rf"{name}: there is no such file", tmp_path / name)


def test_a_missing_description(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"no task description '.*no\.toml': there is no such file"):
        load_task(tmp_path / "no.toml")


@pytest.mark.parametrize(
    ("option", "column"), [("choices", "options"), ("answer", "label"), ("question", "query"), ("id", "key")]
)
def test_a_wrong_column_is_named_with_those_that_there_are(option: str, column: str, tmp_path: Path) -> None:
    refused(
        rf"q\.jsonl, line 1, column '{column}': there is no such column; there are question, choices, answer",
        jsonl(tmp_path, GOOD),
        **{option: column},
    )


def test_a_wrong_group_column(tmp_path: Path) -> None:
    refused(r"line 1, column 'regin': there is no such column", jsonl(tmp_path, GOOD), groups=["regin"])


def test_a_nested_column_that_is_not_there(tmp_path: Path) -> None:
    refused(r"column 'choices.text': there is no such column", jsonl(tmp_path, GOOD), choices="choices.text")


def test_a_choice_list_of_one(tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD, "", GOOD | {"choices": ["a"]})
    refused(r"q\.jsonl, line 3, column 'choices': at least two choices are needed, there are 1: \['a'\]", path)


@pytest.mark.parametrize("style", ["text", "letters"])
def test_two_choices_that_are_the_same(style: str, tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD | {"choices": ["a", "b", "a"]})
    refused(r"line 1, column 'choices': choices 0 and 2 are both 'a'; choices must differ", path, style=style)


def test_a_question_that_is_null(tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD | {"question": None})
    refused(r"line 1, column 'question': the question is empty", path)


@pytest.mark.parametrize("source", ["", " ", None, 5, ["q.jsonl"]])
def test_a_source_that_is_no_name(source: object) -> None:
    refused(r"the source of a task is .*; allowed is a name, a file or a folder", source)


def test_choices_that_are_no_list(tmp_path: Path) -> None:
    refused(r"column 'choices': a list of choices is needed, it is 'ab'", jsonl(tmp_path, GOOD | {"choices": "ab"}))


@pytest.mark.parametrize("choice", [None, ["a"], {}])
def test_a_choice_that_is_no_text(choice: object, tmp_path: Path) -> None:
    refused(r"column 'choices': a choice must be text or a number", jsonl(tmp_path, GOOD | {"choices": ["a", choice]}))


def test_an_empty_choice_after_nothing(tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD | {"choices": ["a", ""]})
    refused(r"column 'choices': a choice must be text or a number, one is ''", path, delimiter="")
    assert load_task(path, calibration=0).test[0].choices == (" a", " ")


def test_a_gap_between_columns_of_choices(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,a,b,c,answer\nq,x,,z,0\n")
    refused(r"q\.csv, line 2, column 'b': the choice is empty, and a later one is not", path, choices=["a", "b", "c"])


def test_an_answer_out_of_range(tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD, GOOD | {"answer": 2})
    refused(r"q\.jsonl, line 2, column 'answer': 2 is out of range; allowed is 0 to 1", path)


def test_the_line_of_a_csv_row_counts_lines_inside_cells(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('question,a,b,answer\n"two\nlines",x,y,0\n\nq,x,y,7\n')
    refused(r"q\.csv, line 5, column 'answer': '7' is out of range", path, choices=["a", "b"])


def test_a_csv_row_of_another_length(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,a,b,answer\nq,x,y\n")
    refused(r"q\.csv, line 2: 3 cells for the 4 columns question, a, b, answer", path, choices=["a", "b"])


def test_broken_csv(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('question,a,b,answer\n"q"x,a,b,0\n')
    refused(r"q\.csv, line 2: broken CSV", path, choices=["a", "b"])


def test_broken_json_is_named_by_line_and_column(tmp_path: Path) -> None:
    refused(r"q\.jsonl, line 2, column 19: broken JSON", jsonl(tmp_path, GOOD, '{"question": "q", choices}', GOOD))


def test_a_line_that_is_no_object(tmp_path: Path) -> None:
    refused(r"q\.jsonl, line 2: a line must hold an object, it holds \[1, 2\]", jsonl(tmp_path, GOOD, "[1, 2]"))


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(b"question,a,b,answer\nZ\xfcrich,x,y,0\n")
    refused(r"q\.csv, line 2: the file is not UTF-8: byte 0xfc", path, choices=["a", "b"])


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl.gz"
    path.write_bytes(b"not gzip")
    refused(r"q\.jsonl\.gz: the file cannot be read", path)


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "q.parquet"
    path.write_bytes(b"not parquet")
    refused(r"q\.parquet: the file cannot be read as Parquet", path)


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv", "q.json"])
def test_an_empty_task(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("[]" if name == "q.json" else "")
    refused(rf"{name}: the file holds no rows", tmp_path / name)


def test_duplicate_ids_name_both_places(tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD | {"id": 7}, GOOD | {"id": 8}, GOOD | {"id": 7})
    refused(r"q\.jsonl, line 3, column 'id': the id '7' is that of .*q\.jsonl, line 1 too", path, id="id")


def test_an_id_that_is_none(tmp_path: Path) -> None:
    refused(r"line 1, column 'id': an id is needed, it is None", jsonl(tmp_path, GOOD | {"id": None}), id="id")


def test_a_file_of_unknown_kind(tmp_path: Path) -> None:
    path = tmp_path / "q.xlsx"
    path.write_text("x")
    refused(r"q\.xlsx: what kind of file is this\? allowed are \.jsonl", path)


def test_too_many_choices_for_letters(tmp_path: Path) -> None:
    path = jsonl(tmp_path, GOOD | {"choices": [str(n) for n in range(27)]})
    refused(r"has letters for 26 choices, there are 27", path, style="letters", answer_form="index")


def test_an_answer_that_is_always_first_must_be_spoken_for(tmp_path: Path) -> None:
    path = jsonl(tmp_path, *(GOOD | {"question": str(n)} for n in range(20)))
    refused(r"task 'q': the right answer of all 20 questions is choice 0; say shuffle_choices=True", path)
    assert len(load_task(path, calibration=0, shuffle_choices=False).test) == 20


def test_a_split_that_would_be_empty(tmp_path: Path) -> None:
    refused(
        r"with calibration=0.001 no item falls into its calibration split", jsonl(tmp_path, GOOD), calibration=0.001
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"calibration": 1.0}, "calibration is 1.0; allowed is a fraction from 0 to below 1"),
        ({"calibration": float("nan")}, "calibration is nan"),
        ({"limit": 0}, "limit is 0; allowed is a whole number of at least 1"),
        ({"limit": True}, "limit is True"),
        ({"style": "letter"}, "style is 'letter'; allowed is one of 'text', 'letters'"),
        ({"answer_form": "word"}, "answer_form is 'word'; allowed is one of 'auto', 'index'"),
        ({"choices": []}, r"choices is \[\]; allowed is a column, or a list of columns"),
        ({"groups": "region"}, "groups is 'region'; allowed is a list of columns"),
        ({"separator": ""}, "separator is empty"),
        ({"seed": "1"}, "seed is '1'; allowed is a whole number"),
        ({"split": "test"}, "split='test' has no meaning for a file without split_column"),
        ({"revision": "main"}, "revision='main' has no meaning for a file"),
    ],
)
def test_options_that_are_not_allowed(options: dict[str, Any], match: str, tmp_path: Path) -> None:
    refused(match, jsonl(tmp_path, GOOD), **options)


def test_an_unreachable_hub_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(TaskError, match="the Hugging Face hub did not give it") as caught:
        load_task("nobody/nothing")
    assert str(caught.value).startswith("nobody/nothing, split 'test': there is no such file or folder here")
    assert "\n" not in str(caught.value)


def test_a_hub_that_does_not_answer_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_: object, **__: object) -> None:
        raise ConnectionError("Name or service not known\nand more")

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", no_answer)
    with pytest.raises(
        TaskError, match=r"did not give it: ConnectionError: Name or service not known \(with HF_HUB_OFF"
    ):
        load_task("nobody/nothing")


def test_a_split_column_of_a_dataset_on_the_hub() -> None:
    refused("split_column='part' is for files", "nobody/nothing", split_column="part")
