"""Answers that real systems wrote, gated as they were recorded: what run.json says equals a plain computation."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import _recordings as recordings
from pytest_llmcal import load_model, load_task
from pytest_llmcal.tasks import Items, OpenItem
from pytest_llmcal.tasks.correctness.exact import normalized

pytestmark = pytest.mark.slow

# Each number is recorded, and none stops the test: what is asked here is whether the numbers are right.
MEASURED = """
def test_measured(scores):
    assert all(each >= 0.0 for each in (scores.accuracy(), scores.ece(), scores.brier(), scores.aurc()))
"""
ORDERED = """
def test_ordered(scores):
    assert scores.auroc().above(0.7)
"""
REPAIRED = """
import pytest

@pytest.mark.parametrize("name", ["platt", "isotonic"])
def test_repaired(name, score, task, calibrator):
    repaired = calibrator(name).fit(score(task.calibration)).transform(score(task.test))
    assert repaired.ece().below(0.1)
"""


def gated(folder: Path, gates: str, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Gate in a process of its own; give the exit code and what run.json holds. The report is written too."""
    (folder / "test_gates.py").write_text(gates, encoding="utf-8")
    fixed = ["-q", f"--rootdir={folder}", "-c", "/dev/null", "-p", "no:cacheprovider", "--llmcal-no-cache"]
    command = [sys.executable, "-m", "pytest", *fixed, "--llmcal-report", str(folder / "report"), *options, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads((folder / "report" / "run.json").read_text(encoding="utf-8"))
    assert found["complete"], found["problems"]
    assert (folder / "report" / "index.html").is_file()
    return done.returncode, [record for gate in found["gates"] for record in gate["attempts"][-1]["records"]]


def by_metric(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["metric"]: record for record in records if record["calibrator"] is None}


def test_agreement_of_20_samples_tells_right_from_wrong_trivia(shared: Path, tmp_path: Path) -> None:
    task, answers = recordings.trivia(tmp_path, shared / "data")
    method = ["--llmcal-confidence-method", "self_consistency(samples=20)"]
    code, records = gated(
        tmp_path, MEASURED + ORDERED, "--llmcal-model", f"recorded:{answers}", "--llmcal-task", str(task), *method
    )
    found = by_metric(records)

    test = {item.prompt for item in load_task(task).test if isinstance(item, OpenItem)}
    right, shares = [], []
    for row in recordings.rows(shared / "data/tasks/triviaqa_samples.jsonl.gz"):
        if f"Question: {row['question']}\nAnswer:" in test:
            [(answer, count)] = Counter(normalized(text) for text in row["samples"]).most_common(1)
            right.append(answer == normalized(row["answer"]))
            shares.append(count / 20)
    pairs = [(a > b) + (a == b) / 2 for a, x in zip(shares, right) if x for b, y in zip(shares, right) if not y]  # noqa: B905
    assert found["accuracy"]["n"] == len(test)
    assert found["accuracy"]["estimate"] == pytest.approx(np.mean(right))
    assert found["auroc"]["estimate"] == pytest.approx(np.mean(pairs))
    assert found["auroc"]["estimate"] == pytest.approx(0.84, abs=0.04)
    assert (code, found["auroc"]["outcome"]) == (0, "holds")


@pytest.mark.parametrize(("pair", "correlation"), [("en_de", 0.249), ("ro_en", 0.640)])
def test_a_translator_is_as_sure_as_people_find_it_good(
    shared: Path, tmp_path: Path, pair: str, correlation: float
) -> None:
    rows = {row["source"]: row for row in recordings.rows(shared / f"data/tasks/mlqe_{pair}_dev.jsonl.gz")}
    sure = [np.mean(row["token_logprobs"]) for row in rows.values()]
    assert sure == pytest.approx([row["model_score"] for row in rows.values()], abs=1e-4)
    assert np.corrcoef(sure, [row["human_z"] for row in rows.values()])[0, 1] == pytest.approx(correlation, abs=0.002)

    task, answers = recordings.translation(tmp_path, shared / "data", pair)
    options = ["--llmcal-model", f"recorded:{answers}", "--llmcal-task", str(task)]
    _, records = gated(tmp_path, MEASURED + REPAIRED, *options, "--llmcal-confidence-method", "sequence_mean")
    found = by_metric(records)
    test = [rows[item.prompt] for item in load_task(task).test if isinstance(item, OpenItem)]
    confidence = np.exp([np.mean(row["token_logprobs"]) for row in test])
    judged = np.array([row["human_mean"] / 100 for row in test])
    assert found["accuracy"]["estimate"] == pytest.approx(judged.mean())
    assert found["brier"]["estimate"] == pytest.approx(np.mean((confidence - judged) ** 2))
    bins = np.ceil(confidence * 15)
    gaps = [abs((confidence - judged)[bins == each].sum()) for each in set(bins)]
    assert found["ece"]["estimate"] == pytest.approx(sum(gaps) / len(test))
    repaired = {record["calibrator"].partition("(")[0]: record for record in records if record["calibrator"]}
    assert set(repaired) == {"platt", "isotonic"}
    for record in repaired.values():
        assert record["estimate"] < found["ece"]["estimate"]
        assert record["outcome"] == "holds"


def test_a_classifier_is_far_too_sure_that_summaries_are_true(shared: Path, tmp_path: Path) -> None:
    table = recordings.summaries(tmp_path, shared / "data")
    gates = f"""
import pytest
from pytest_llmcal import Scores

@pytest.mark.llmcal
def test_trust():
    scores = Scores.from_table({str(table)!r})
    assert scores.accuracy() >= 0
    assert scores.ece().below(0.1)
"""
    code, records = gated(tmp_path, gates)
    rows = recordings.rows(shared / "data/tasks/xsum_factuality.jsonl.gz")
    found = by_metric(records)
    assert found["accuracy"]["estimate"] == pytest.approx(np.mean([np.mean(r["human_factual_votes"]) for r in rows]))
    assert found["ece"]["estimate"] == pytest.approx(0.328, abs=0.001)
    assert (code, found["ece"]["outcome"]) == (1, "refuted")


def test_a_reply_that_people_rewarded_is_no_likelier_to_a_model_of_stories(shared: Path, tmp_path: Path) -> None:
    task = recordings.described(tmp_path, shared / "data", recordings.DIALOGUE, "dialogue")
    loaded = load_task(task, limit=200)
    assert loaded.calibration is not None
    items = [item for split in (loaded.test, loaded.calibration) for item in split if isinstance(item, OpenItem)]
    model = load_model(shared / "models" / "stories260K", device="cpu", truncate="left")
    answers = recordings.dialogue(tmp_path, items, model)
    options = ["--llmcal-model", f"recorded:{answers}", "--llmcal-task", str(task), "--llmcal-limit", "200"]
    _, records = gated(tmp_path, MEASURED + ORDERED + REPAIRED, *options, "--llmcal-confidence-method", "sequence_mean")
    found = by_metric(records)
    test = loaded.test
    assert found["accuracy"]["estimate"] == pytest.approx(
        np.mean([i.judgement for i in test if isinstance(i, OpenItem)])
    )
    assert found["auroc"]["outcome"] == "refuted"
    assert min(record["estimate"] for record in records if record["calibrator"]) < found["ece"]["estimate"]


def test_a_model_of_stories_does_no_arithmetic_and_the_gate_says_so(shared: Path, tmp_path: Path) -> None:
    task = recordings.described(tmp_path, shared / "data", recordings.ARITHMETIC, "gsm8k")
    items = load_task(task, limit=15).test
    assert isinstance(items, Items)
    gates = "def test_it_calculates(scores):\n    assert scores.accuracy().above(0.5)\n"
    options = ["--llmcal-model", str(shared / "models" / "stories260K"), "--llmcal-task", str(task)]
    code, records = gated(tmp_path, gates, *options, "--llmcal-limit", "15")
    [accuracy] = records
    assert (code, accuracy["estimate"], accuracy["n"], accuracy["outcome"]) == (1, 0.0, 15, "refuted")


def test_the_suite_gates_running_text_token_by_token(shared: Path, tmp_path: Path) -> None:
    gates = (Path(__file__).parents[2] / "suites/completion/test_next_tokens.py").read_text(encoding="utf-8")
    stories = shared / "data" / "tasks" / "tinystories_sample.txt"
    model = ["--llmcal-model", str(shared / "models" / "stories260K")]
    # one of the five stories is kept for calibration, unless a description says that all are for the test
    task = tmp_path / "stories.toml"
    task.write_text(f'source = "{stories}"\ncalibration = 0\n', encoding="utf-8")
    code, records = gated(tmp_path, gates, *model, "--llmcal-task", str(task))
    found = by_metric(records)
    assert found["ece"]["estimate"] == pytest.approx(0.0285, abs=0.005)
    assert (code, found["ece"]["outcome"]) == (0, "holds")
