"""``llmcal distill`` makes a model folder, or says in one sentence why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_llmcal import load_model, load_task
from pytest_llmcal.cli import main
from pytest_llmcal.scoring import score
from tests.test_cli import refused

SHORT = ["--epochs", "1", "--lora", "no", "--limit", "20", "--device", "cpu"]
WORLD = ["--student", "world/gpt2-overfit", "--teacher", "world/gpt2", "--task", "world/qa"]


def test_the_student_of_several_teachers_and_tasks_is_a_model_that_can_be_gated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made"
    more = ["--teacher", "world/gpt2-overfit", "--task", "world/dialogue"]
    assert main(["distill", *WORLD, *more, "--out", str(out), *SHORT]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert len(score(load_model(out, device="cpu"), load_task("world/qa", limit=5), progress=False)) == 5
    taught = json.loads((out / "distillation.json").read_text())["taught"]
    assert [(entry["task"], entry["split"], entry["items"], entry["teacher"]) for entry in taught] == [
        (name, "calibration", 20, "mean of world/gpt2, world/gpt2-overfit") for name in ("world/qa", "world/dialogue")
    ]


def test_a_model_is_taught_by_its_own_calibrated_self(tmp_path: Path) -> None:
    out = tmp_path / "made"
    itself = ["--student", "world/gpt2-overfit", "--teacher", "world/gpt2-overfit", "--task", "world/qa"]
    assert main(["distill", *itself, "--calibrator", "temperature", "--out", str(out), *SHORT]) == 0
    [entry] = json.loads((out / "distillation.json").read_text())["taught"]
    assert entry["calibrator"].startswith("temperature(T=")


def test_a_folder_in_use_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    assert f"{tmp_path} is there already" in refused(["distill", *WORLD, "--out", str(tmp_path), *SHORT], capsys)


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--task", "world/cooking", "the world has no task 'world/cooking'"),
        ("--teacher", "world/gpt3", "the world has no model 'world/gpt3'"),
        ("--student", "world/gpt3", "the world has no model 'world/gpt3'"),
        ("--calibrator", "magic", "there is no calibrator 'magic'"),
        ("--learning-rate", "0", "learning_rate must be a number above 0, got 0.0"),
    ],
)
def test_what_cannot_be_done_is_named(
    option: str, value: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert text in refused(["distill", *WORLD, option, value, "--out", str(tmp_path / "x"), *SHORT], capsys)
    assert not (tmp_path / "x").exists()


def test_a_task_without_a_calibration_split_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.jsonl").write_text('{"question": "Sky?", "a": "blue", "b": "red", "answer": "blue"}\n', "utf-8")
    task = tmp_path / "one.toml"
    task.write_text('source = "one.jsonl"\nchoices = ["a", "b"]\ncalibration = 0\n', encoding="utf-8")
    message = refused(["distill", *WORLD[:-1], str(task), "--out", str(tmp_path / "x")], capsys)
    assert "keeps no calibration split to distil on" in message


@pytest.mark.parametrize("wrong", [["--epochs", "0"], ["--limit", "-1"], ["--lora", "perhaps"]])
def test_a_wrong_command_line_exits_with_two(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["distill", *WORLD, "--out", str(tmp_path / "x"), *wrong])
    assert left.value.code == 2
    assert "usage: llmcal distill" in capsys.readouterr().err
