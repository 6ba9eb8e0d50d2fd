"""Running text: stories in a plain file, or in a column."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pytest_llmcal.tasks import TaskError, Text, load_task


def test_a_text_file_is_split_at_its_separator(tmp_path: Path) -> None:
    path = tmp_path / "stories.txt"
    path.write_text("\nOnce.\nTwice. \n<|endoftext|>\n Thrice.<|endoftext|>\n", encoding="utf-8")
    task = load_task(path, calibration=None)
    assert list(task.test) == [Text("text-1", "Once.\nTwice."), Text("text-2", "Thrice.")]
    assert task.name == "stories"


def test_the_separator_may_be_another(tmp_path: Path) -> None:
    path = tmp_path / "stories.txt.gz"
    path.write_bytes(gzip.compress(b"one\n---\ntwo"))
    assert [text.text for text in load_task(path, separator="\n---\n", calibration=None).test] == ["one", "two"]
    assert [text.text for text in load_task(path, calibration=None).test] == ["one\n---\ntwo"]


def test_texts_are_split_like_items(tmp_path: Path) -> None:
    path = tmp_path / "stories.txt"
    path.write_text("|".join(f"story {number}" for number in range(60)))
    task = load_task(path, separator="|")
    assert task.calibration is not None
    assert 8 <= len(task.calibration) <= 32
    assert len(task.calibration) + len(task.test) == 60


def test_a_column_may_hold_the_texts(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_text("\n".join(json.dumps({"key": n, "story": f"story {n}", "kind": "short"}) for n in range(3)))
    task = load_task(path, text="story", id="key", groups=["kind"], calibration=None)
    assert task.test[1] == Text("1", "story 1", {"kind": "short"})


def test_a_file_without_text(tmp_path: Path) -> None:
    path = tmp_path / "stories.txt"
    path.write_text(" \n<|endoftext|>\n")
    with pytest.raises(TaskError, match=r"stories\.txt: the file holds no text"):
        load_task(path)


def test_a_row_without_text(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_text('{"story": "fine"}\n{"story": " "}')
    with pytest.raises(TaskError, match=r"stories\.jsonl, line 2, column 'story': a running text is needed, it is ' '"):
        load_task(path, text="story")
