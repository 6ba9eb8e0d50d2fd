"""Item scores lie beside every run that is written, whoever measured them."""

from __future__ import annotations

from pathlib import Path

import pytest
from inner_runs import Project

from pytest_llmcal.cli import main
from pytest_llmcal.history.items import ItemScores, digest
from pytest_llmcal.history.kept import Kept

GATES = """
def test_first(scores):
    assert scores.ece().below(0.2)

def test_second(scores):
    assert scores.by_group("metal")["gold"].accuracy() > 0.1

def test_third(calibrated_scores):
    assert calibrated_scores.nll() < 2

def test_fourth(score, task):
    assert score(task.calibration).brier() < 2
"""


def beside(project: Project, run: str = "reports/latest/run.json") -> list[str]:
    kept = ItemScores.beside(project.folder / run)
    return [
        " ".join(filter(None, (a.model, a.split, a.calibrator and a.calibrator.partition("(")[0], a.group)))
        for a in (one.about for one in kept.scores)
    ]


def digests(project: Project, run: str) -> list[str]:
    return [digest(one) for one in ItemScores.beside(project.folder / run).scores]


def test_each_subject_that_was_judged_is_kept_once_beside_report_and_json(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "a", "--llmcal-json", "out/mine.json").assert_outcomes(passed=4)
    assert beside(project) == ["a calibration", "a test", "a test temperature"]
    assert digests(project, "out/mine.json") == digests(project, "reports/latest/run.json")
    assert sorted(path.name for path in (project.folder / "out").iterdir()) == ["mine.items.parquet", "mine.json"]


def test_every_recorded_number_is_measured_again_from_them(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "a", "--llmcal-model", "bold")
    kept = Kept.read(project.folder / "reports/latest/run.json")
    records = [record for gate in kept.run.gates for record in gate.records]
    assert len(records) == 8
    assert [kept.measured_again(record) for record in records] == [record.estimate for record in records]


@pytest.mark.slow
def test_two_workers_keep_what_one_process_keeps(project: Project) -> None:
    project.gates(GATES)
    both = ("--llmcal-model", "a", "--llmcal-model", "b")
    project.run(*both, "--llmcal-json", "one.json")
    project.run_apart("-n", "2", *both, "--llmcal-json", "two.json").assert_outcomes(passed=8)
    assert digests(project, "two.json") == digests(project, "one.json")
    assert len(digests(project, "one.json")) == 6


def test_what_a_worker_kept_before_it_died_is_there(project: Project) -> None:
    project.gates(
        "def test_first(scores):\n    assert scores.nll() < 2\n\ndef test_second(model):\n    import os; os._exit(3)\n"
    )
    project.run_apart("-n", "1", "--llmcal-model", "a")
    assert beside(project) == ["a test"]


def test_merging_the_halves_of_a_session_keeps_what_the_session_of_both_keeps(project: Project) -> None:
    project.gates(GATES)
    for name, models in (("a", ["a"]), ("b", ["b"]), ("both", ["a", "b"])):
        options = [part for model in models for part in ("--llmcal-model", model)]
        project.run(*options, "--llmcal-json", f"{name}.json", "--llmcal-report", "none")
    paths = [str(project.folder / f"{name}.json") for name in ("b", "a")]
    assert main(["merge", *paths, "--out", str(project.folder / "merged.json")]) == 0
    assert digests(project, "merged.json") == digests(project, "both.json")


def test_a_run_without_item_scores_takes_away_those_of_the_run_before(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "a")
    project.gates("def test_gate(model):\n    assert measured() < 1\n")
    project.run("--llmcal-model", "a")
    assert sorted(path.name for path in (project.folder / "reports/latest").iterdir()) == ["index.html", "run.json"]


def test_nothing_stays_behind_in_the_temporary_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    project.gates(GATES)
    project.run("--llmcal-model", "a").assert_outcomes(passed=4)
    assert [*(tmp_path / "scratch").iterdir()] == []


def test_where_item_scores_cannot_be_kept_the_gates_are_judged_and_a_note_says_so(project: Project) -> None:
    project.write("full", "a file stands where the folder should be")
    project.write(
        "conftest.py",
        "from stand_ins import pytest_llmcal_load_model, pytest_llmcal_load_task\n"
        "from pytest_llmcal.plugin.stash import ITEMS\n"
        "def pytest_sessionstart(session):\n"
        "    session.config.stash[ITEMS].folder = session.config.rootpath / 'full' / 'inside'\n",
    )
    project.gates("def test_gate(scores):\n    assert scores.ece().below(0.2)\n")
    result = project.run("--llmcal-model", "a")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["note: Item scores could not be kept: *"])
    assert beside(project) == []
