"""A real language model on real data: what run.json says equals a plain, separate computation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plain import Figures, PlainModel, chosen, figures

from pytest_llmcal import load_task

pytestmark = pytest.mark.slow

GATES = """
import pytest

pytestmark = pytest.mark.llmcal(task={task!r})


def test_confidence_can_be_trusted(scores):
    accuracy, ece = scores.accuracy(), scores.ece()
    assert accuracy >= 0.0
    assert ece.below(0.05)


def test_confidence_can_be_trusted_in_every_group(scores):
    parts = [part for name in scores.groups for part in scores.by_group(name).values()]
    assert all([part.accuracy() >= 0.0 for part in parts])
    assert all([part.ece().below(0.05) for part in parts])
"""

TRUTHFULQA = """
source = "{shared}/data/tasks/truthfulqa_mc1.jsonl"
shuffle_choices = true
calibration = 0
"""

BBQ = """
source = "{shared}/data/tasks/bbq_religion.jsonl.gz"
template = "{{{{ context }}}}\\nQuestion: {{{{ question }}}}\\nAnswer:"
groups = ["condition", "polarity"]
shuffle_choices = true
calibration = 0
"""

MOST = 400
"""Items of a task; asked one by one, more would take minutes."""

Records = dict[tuple[str, str | None], dict[str, Any]]


@pytest.fixture(scope="module")
def gate(shared: Path) -> Callable[[Path, str], Records]:
    """Gate the model on a task in a process of its own; give the records by metric and group."""

    def run(folder: Path, task: str) -> Records:
        (folder / "test_gates.py").write_text(GATES.format(task=task), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            f"--rootdir={folder}",
            "-c",
            "/dev/null",
            "-p",
            "no:cacheprovider",
        ]
        model = ["--llmcal-model", str(shared / "models" / "stories260K"), "--llmcal-report", str(folder / "report")]
        model += ["--llmcal-limit", str(MOST)]
        done = subprocess.run([*command, *model, str(folder)], capture_output=True, text=True, check=False, cwd=folder)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        found = json.loads((folder / "report" / "run.json").read_text(encoding="utf-8"))
        assert found["complete"], found["problems"]
        records = [record for gate in found["gates"] for record in gate["attempts"][-1]["records"]]
        subjects = {subject["key"]: subject["portrait"] for subject in found["subjects"]}
        for record in records:
            if record["subject"] is not None:  # those of the same answers share a curve
                record["curve"] = record["curve"] or subjects[record["subject"]]["bins"]
        return {(record["metric"], record["group"]): record for record in records}

    return run


@pytest.fixture(scope="module")
def plain(shared: Path) -> PlainModel:
    return PlainModel(shared / "models" / "stories260K")


def reported(records: Records, group: str | None = None) -> Figures:
    ece = records["ece", group]
    confidence = sum(each["count"] * each["confidence"] for each in ece["curve"]) / ece["n"]
    return Figures(ece["n"], records["accuracy", group]["estimate"], confidence, ece["estimate"])


def answers_of(plain: PlainModel, items: Any) -> list[tuple[float, bool]]:
    found = []
    for item in items:
        confidence, choice = chosen([plain.log_likelihood(item.prompt, text) for text in item.choices])
        found.append((confidence, choice == item.answer))
    return found


def test_truthfulqa_gives_the_plain_numbers(gate, plain: PlainModel, shared: Path, tmp_path: Path) -> None:
    task = tmp_path / "truthfulqa.toml"
    task.write_text(TRUTHFULQA.format(shared=shared), encoding="utf-8")
    items = load_task(task).test
    raw = [json.loads(line) for line in (shared / "data/tasks/truthfulqa_mc1.jsonl").read_text().splitlines()]
    assert len(items) == len(raw) == 790
    for item, row in zip(items, raw, strict=True):
        assert item.choices[item.answer] == " " + row["choices"][row["answer"]]
        assert sorted(item.choices) == sorted(" " + choice for choice in row["choices"])
    assert reported(gate(tmp_path, str(task))) == pytest.approx(figures(answers_of(plain, items[:MOST])), abs=2e-5)


def test_bbq_gives_the_plain_numbers_in_every_group(gate, plain: PlainModel, shared: Path, tmp_path: Path) -> None:
    task = tmp_path / "bbq.toml"
    task.write_text(BBQ.format(shared=shared), encoding="utf-8")
    assert len(load_task(task).test) == 1200
    items = load_task(task, limit=MOST).test
    records = gate(tmp_path, str(task))
    answers = answers_of(plain, items)
    assert reported(records) == pytest.approx(figures(answers), abs=2e-5)
    for attribute in ("condition", "polarity"):
        groups = {item.groups[attribute] for item in items}
        assert len(groups) == 2
        for group in groups:
            part = [answer for answer, item in zip(answers, items, strict=True) if item.groups[attribute] == group]
            assert reported(records, f"{attribute}={group}") == pytest.approx(figures(part), abs=2e-5)


def test_next_tokens_of_stories_give_the_plain_and_the_published_numbers(
    gate, plain: PlainModel, shared: Path, tmp_path: Path
) -> None:
    stories = shared / "data" / "tasks" / "tinystories_sample.txt"
    task = tmp_path / "stories.toml"
    task.write_text(f'source = "{stories}"\ncalibration = 0\n', encoding="utf-8")
    found = reported(gate(tmp_path, str(task)))
    texts = [text.strip() for text in stories.read_text(encoding="utf-8").split("<|endoftext|>") if text.strip()]
    assert found == pytest.approx(figures([guess for text in texts for guess in plain.guesses(text)]), abs=2e-5)
    # The figures beside the model, with the room that the issue of convention leaves.
    assert found.ece == pytest.approx(0.0285, abs=0.005)
    assert found.accuracy == pytest.approx(0.651, abs=0.005)
    assert found.mean_confidence == pytest.approx(0.654, abs=0.005)
    assert found.n == pytest.approx(1804, abs=5)
