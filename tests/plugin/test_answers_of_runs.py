"""A run describes the answers behind its records, each once, and tells no texts where it must not."""

from __future__ import annotations

import pytest
from inner_runs import Project

from pytest_llmcal.history import merge
from pytest_llmcal.records import curves_of

GATES = """
def test_trust(scores):
    assert scores.ece().below(0.2)

def test_rank(scores):
    assert scores.auroc().above(0.1)

def test_repaired(calibrated_scores):
    assert calibrated_scores.ece().below(0.2)

def test_groups(scores):
    for part in scores.by_group("metal").values():
        assert part.ece().below(0.3)
"""


def test_records_of_the_same_answers_share_one_description(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "bold").assert_outcomes(passed=4)
    run = project.result()
    keys = {gate.name: [record.subject for record in gate.records] for gate in run.gates}
    assert keys["test_trust"] == keys["test_rank"] != keys["test_repaired"]
    assert keys["test_groups"] == [None, None]  # told with the answers that they are a part of
    assert sorted(subject.key for subject in run.subjects) == sorted({*keys["test_trust"], *keys["test_repaired"]})
    plain, repaired = sorted(run.subjects, key=lambda subject: subject.calibrator or "")
    assert (plain.model, plain.task, plain.split, plain.portrait.n) == ("bold", "world/qa", "test", 1500)
    assert [group.name for group in plain.portrait.groups] == ["gold", "iron"]
    assert repaired.portrait.calibration is not None
    assert repaired.portrait.calibration.fitted_on.startswith("bold, world/qa, calibration split")
    assert plain.seconds == repaired.seconds > 0


def test_the_items_behind_it_are_the_surest_wrong_and_the_least_sure_right_ones(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "bold", "-k", "trust")
    [subject] = project.result().subjects
    wrong, right = subject.examples[:5], subject.examples[5:]
    assert len(right) == 5
    assert not any(example.correct for example in wrong)
    assert all(example.correct for example in right)
    assert {example.prompt for example in wrong} == {"Coin 0.9 shows"}
    assert {example.prompt for example in right} == {"Coin 0.6 shows"}
    first = wrong[0]
    assert first.confidence == pytest.approx(0.81 / 0.82)
    assert [(choice.text, choice.chosen, choice.right) for choice in first.choices] == [
        ("heads", True, False), ("tails", False, True),
    ]  # fmt: skip
    assert sum(choice.probability for choice in first.choices) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("how", ["flag", "environment", "ini"])
def test_texts_are_left_out_on_demand_and_ids_and_numbers_stay(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    project.gates("def test_trust(scores):\n    assert scores.ece().below(0.2)\n")
    if how == "environment":
        monkeypatch.setenv("LLMCAL_NO_TEXTS", "1")
    if how == "ini":
        project.write("pytest.ini", "[pytest]\nllmcal_no_texts = true\n")
    project.run("--llmcal-model", "bold", *(["--llmcal-no-texts"] if how == "flag" else []))
    [subject] = project.result().subjects
    assert [example.prompt for example in subject.examples] == [None] * 10
    assert {choice.text for example in subject.examples for choice in example.choices} == {None}
    assert all(example.id.startswith("test-") and example.confidence > 0 for example in subject.examples)
    for name in ("run.json", "index.html"):
        assert "Coin 0." not in (project.folder / "reports/latest" / name).read_text(encoding="utf-8")


def test_long_texts_are_cut_and_keep_their_end_where_the_question_stands(project: Project) -> None:
    project.gates(
        """
        def test_trust(scores, task):
            from pytest_llmcal.plugin.examples import examples_of
            from dataclasses import replace
            from pytest_llmcal.tasks import Items
            long = [replace(i, prompt="x" * 10**6 + i.prompt, choices=(" " + "h" * 999, " t")) for i in task.test[:40]]
            told = examples_of(scores, Items("coins", "test", tuple(long)), texts=True)
            assert all(len(one.prompt) == 401 and one.prompt.endswith("shows") for one in told)
            assert {len(choice.text) for one in told for choice in one.choices} == {121, 1}
            assert scores.ece().below(0.2)
        """
    )
    project.run("--llmcal-model", "bold").assert_outcomes(passed=1)


def test_scores_made_by_hand_are_drawn_and_have_no_items(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal
        def test_by_hand():
            from pytest_llmcal import Scores
            assert Scores([0.9] * 90 + [0.8] * 10, [1] * 80 + [0] * 20, ids=map(str, range(100))).ece().below(0.9)
        """
    )
    project.run().assert_outcomes(passed=1)
    [subject] = project.result().subjects
    assert (subject.examples, subject.seconds, subject.portrait.n) == ((), None, 100)
    assert "Wrong, the surest first" not in (project.folder / "reports/latest/index.html").read_text(encoding="utf-8")


def test_the_curve_behind_a_record_is_found_whether_or_not_it_is_kept_with_its_answers(project: Project) -> None:
    project.gates("def test_trust(scores):\n    assert scores.ece(binning='uniform').below(0.2)\n" + GATES)
    project.run("--llmcal-model", "bold", "-k", "trust")
    run = project.result()
    subjects = {subject.key: subject for subject in run.subjects}
    [record] = project.gate("test_trust").records
    assert sum(entry.count for entry in curves_of(record, subjects)[0]) == 1500


def test_two_runs_of_the_same_answers_merge_into_one_description(project: Project) -> None:
    project.gates(GATES)
    for name, selected in (("one", "trust"), ("two", "rank")):
        project.run(
            "--llmcal-model", "bold", "-k", selected, "--llmcal-report", "none", "--llmcal-json", f"{name}.json"
        )
    runs = [project.result("one.json"), project.result("two.json")]
    assert merge(runs).subjects == merge(runs[::-1]).subjects
    [subject] = merge(runs).subjects
    assert {record.subject for gate in merge(runs).gates for record in gate.records} == {subject.key}


@pytest.mark.slow
def test_answers_reach_the_report_from_workers(project: Project) -> None:
    project.gates(GATES)
    project.run_apart("--llmcal-model", "a", "--llmcal-model", "bold", "-n2").assert_outcomes(passed=8)
    run = project.result()
    assert sorted({subject.model for subject in run.subjects}) == ["a", "bold"]
    assert len(run.subjects) == 4


def test_the_report_is_a_folder_to_serve_on_demand(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "bold", "--llmcal-report-assets")
    files = {path.name for path in (project.folder / "reports/latest").rglob("*") if path.is_file()}
    assert files == {"index.html", "run.items.parquet", "run.json", "report.css", "report.js", "1-bold.html"}
