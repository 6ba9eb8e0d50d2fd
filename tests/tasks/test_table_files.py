"""Questions in JSONL, JSON, CSV, TSV and Parquet files become the same items."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_llmcal.tasks import Item, load_task

ROWS = [
    {"question": "Capital of France?", "a": "Paris", "b": "Rome", "c": "Oslo", "answer": "Paris", "region": "west"},
    {"question": "Capital of Italy?", "a": "Paris", "b": "Rome", "c": "", "answer": "Rome", "region": "south"},
    {"question": "Two,\nlines?", "a": "007", "b": "None", "c": "1997-01-01", "answer": "None", "region": ""},
]
EXPECTED = [
    Item("", "Question: Capital of France?\nAnswer:", (" Paris", " Rome", " Oslo"), 0, {"region": "west"}),
    Item("", "Question: Capital of Italy?\nAnswer:", (" Paris", " Rome"), 1, {"region": "south"}),
    Item("", "Question: Two,\nlines?\nAnswer:", (" 007", " None", " 1997-01-01"), 1, {}),
]


def write(path: Path) -> Path:
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        from datasets import Dataset
        from datasets.utils.logging import disable_progress_bar, enable_progress_bar

        disable_progress_bar()
        Dataset.from_list(ROWS).to_parquet(str(path))
        enable_progress_bar()
        return path
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        if kind == "json":
            json.dump(ROWS, file, indent=1)
        elif kind == "jsonl":
            file.write("\n\n".join(json.dumps(row) for row in ROWS))
        else:
            writer = csv.DictWriter(file, list(ROWS[0]), delimiter="," if kind == "csv" else "\t")
            writer.writeheader()
            writer.writerows(ROWS)
    return path


def without_ids(items: object) -> list[Item]:
    return [Item("", item.prompt, item.choices, item.answer, item.groups) for item in items]


@pytest.mark.parametrize("name", ["q.jsonl", "q.jsonl.gz", "q.json", "q.csv", "q.csv.gz", "q.tsv", "q.parquet"])
def test_every_kind_of_file_gives_the_same_items(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name)
    task = load_task(path, choices=["a", "b", "c"], groups=["region"], calibration=None)
    assert without_ids(task.test) == EXPECTED
    assert (task.name, task.source, task.calibration) == ("q", str(path), None)


def test_a_parquet_file_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "q.parquet")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    load_task(path, choices=["a", "b", "c"], calibration=None)
    assert list(scratch.iterdir()) == []


def test_loading_shows_no_progress_bars(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_task(write(tmp_path / "q.parquet"), choices=["a", "b", "c"])
    assert capfd.readouterr() == ("", "")


def test_a_folder_is_read_through_the_code_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "capitals"
    folder.mkdir()
    write(folder / "test-00000-of-00001.parquet")
    write(folder / "validation-00000-of-00001.parquet")
    task = load_task(str(folder), choices=["a", "b", "c"], groups=["region"], calibration="validation")
    assert without_ids(task.test) == EXPECTED
    assert task.calibration is not None
    assert without_ids(task.calibration) == EXPECTED


def test_a_dataset_on_the_hub_is_read_at_the_commit_it_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    from datasets import Dataset

    asked = []

    def dataset_info(_: object, name: str, revision: str | None) -> object:
        return SimpleNamespace(sha=f"commit-of-{name}-at-{revision}")

    def load_dataset(*arguments: object, **options: object) -> Dataset:
        asked.append((arguments, options))
        return Dataset.from_list(ROWS)

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", dataset_info)
    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    task = load_task(
        "owner/capitals", config="eu", revision="v1", split="dev", choices=["a", "b", "c"], calibration=None
    )
    assert asked == [(("owner/capitals", "eu"), {"split": "dev", "revision": "commit-of-owner/capitals-at-v1"})]
    assert (task.name, task.source) == ("owner/capitals", "owner/capitals@commit-of-owner/capitals-at-v1")
    assert [item.choices for item in task.test] == [item.choices for item in EXPECTED]


def test_a_nested_column_is_reached_with_a_dot(tmp_path: Path) -> None:
    row = {"question": "Which?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "B"}
    path = tmp_path / "arc.jsonl"
    path.write_text(json.dumps(row))
    task = load_task(path, choices="choices.text", answer="answerKey", calibration=0)
    assert (task.test[0].choices, task.test[0].answer) == ((" x", " y"), 1)


def test_the_shared_questions_are_read_whole() -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "tasks" / "truthfulqa_mc1.jsonl"
    if not path.exists():
        pytest.skip("the shared data is not here")
    task = load_task(path, shuffle_choices=True, calibration=0.3)
    assert task.calibration is not None
    assert len(task.calibration) + len(task.test) == 790
    assert 0.25 < len(task.calibration) / 790 < 0.35
    first = [item.answer == 0 for item in task.test]
    assert 0.1 < sum(first) / len(first) < 0.35  # four to five choices an item
