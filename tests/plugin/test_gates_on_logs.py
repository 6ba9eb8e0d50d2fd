"""Gates on answers that other programs wrote down: no model is loaded, and nothing is passed over in silence."""

from __future__ import annotations

import json

import pytest
from inner_runs import Project, seen

from tests.logs import inspect_files, lm_eval_files

GATES = """
@pytest.mark.llmcal(task="rivers")
def test_accuracy(scores):
    assert scores.accuracy() > 0.6
"""
UNMARKED = """
def test_accuracy(scores, task):
    assert scores.about.task == task.name
    assert scores.accuracy() > 0.6
"""


@pytest.fixture
def logs(project: Project) -> Project:
    """A project with a run of lm_eval and one of Inspect."""
    (project.folder / "out").mkdir()
    lm_eval_files.save(project.folder / "out", lm_eval_files.CHOICES)
    lm_eval_files.save_results(project.folder / "out", {"rivers": 3})
    inspect_files.pack(project.folder, inspect_files.LETTERS)
    project.gates(GATES)
    return project


def refused(project: Project, *arguments: str) -> str:
    """Run, see that the run was refused before any test, and return what it said."""
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    return seen(result)


@pytest.mark.parametrize(
    "path", ["out", "out/samples_rivers_*.jsonl", "out/samples_rivers_2031-04-05T06-07-08.123456.jsonl"]
)
def test_a_log_is_gated_without_a_model(logs: Project, path: str) -> None:
    result = logs.run("--llmcal-scores", path)
    result.assert_outcomes(passed=1)
    assert logs.events() == []
    [record] = logs.gate("test_accuracy").records
    assert (record.model, record.task, record.revision) == ("org/model", "rivers", "abc123")
    assert record.estimate == pytest.approx(2 / 3)
    assert logs.result().environment["scores"] == path
    assert "llmcal: org/model" in seen(result)
    page = (logs.folder / "reports" / "latest" / "index.html").read_text(encoding="utf-8")
    assert "org/model" in page


def test_several_logs_are_gated_in_turn_and_may_be_named(logs: Project) -> None:
    logs.run("--llmcal-scores", "out", "--llmcal-scores", "mine=log.eval").assert_outcomes(passed=1, failed=1)
    found = {gate.model: gate.records[0].estimate for gate in logs.result().gates}
    assert found == {"org/model": pytest.approx(2 / 3), "mine": 0.5}


def test_a_table_is_named_and_its_task_is_the_files_name(logs: Project) -> None:
    logs.write("rivers.csv", "confidence,correct\n0.9,1\n0.8,1\n")
    logs.run("--llmcal-scores", "mine=rivers.csv").assert_outcomes(passed=1)
    assert "rivers.csv does not say which model answered; write NAME=rivers.csv" in refused(
        logs, "--llmcal-scores", "rivers.csv"
    )


def test_a_gate_of_another_task_is_an_error_that_says_what_there_is(logs: Project) -> None:
    logs.gates(GATES.replace("rivers", "lakes"))
    result = logs.run("--llmcal-scores", "out")
    result.assert_outcomes(errors=1)
    assert result.ret != 0
    assert "holds no answers of org/model to the task 'lakes'; it holds 'rivers'" in seen(result)
    logs.run("--llmcal-scores", "out", "--llmcal-task", "lakes=rivers").assert_outcomes(passed=1)


def test_a_gate_without_a_task_is_asked_of_the_only_one(logs: Project) -> None:
    logs.gates(UNMARKED)
    logs.run("--llmcal-scores", "out").assert_outcomes(passed=1)
    assert logs.gate("test_accuracy").task == "rivers"
    lm_eval_files.save(logs.folder / "out", lm_eval_files.CHOICES, "lakes")
    lm_eval_files.save_results(logs.folder / "out", {"rivers": 3, "lakes": 3})
    result = logs.run("--llmcal-scores", "out")
    result.assert_outcomes(errors=1)
    assert "it holds 'lakes', 'rivers'" in seen(result)


def test_there_is_no_model_no_item_and_no_calibration_split(logs: Project) -> None:
    logs.gates("""
        pytestmark = pytest.mark.llmcal(task="rivers")

        def test_task(score, task):
            assert score(task).accuracy() > 0.6

        def test_model(model):
            pass

        def test_items(score, task):
            score(task.test)

        def test_calibrated(calibrated_scores):
            pass

        def test_normalized(score, task):
            score(task, normalization="byte")
    """)
    result = logs.run("--llmcal-scores", "out")
    result.assert_outcomes(passed=1, failed=2, errors=2)
    for said in (
        "there is no model 'org/model' that could be asked",
        "has no items of the task 'rivers': score(task) and the scores fixture give the answers",
        "has no items of the task 'rivers': scores.split(0.5) parts the answers",
        "answers are weighed as their file is read, so they cannot be had in another way",
    ):
        assert said in seen(result)


def test_a_limit_is_not_applied_and_the_run_says_so(logs: Project) -> None:
    result = logs.run("--llmcal-scores", "out", "--llmcal-limit", "1")
    result.assert_outcomes(passed=1)
    assert logs.gate("test_accuracy").records[0].n == 3
    assert "Scores that were read are judged whole" in seen(result)


def test_a_later_log_is_compared_with_an_earlier_one(logs: Project) -> None:
    logs.gates("""
        @pytest.mark.llmcal(task="rivers")
        def test_no_worse(scores, baseline):
            assert scores.nll() <= baseline("nll") + 0.01
    """)
    compared = ("--llmcal-scores", "out", "--llmcal-baseline", "first.json")
    logs.run(*compared, "--llmcal-baseline-update").assert_outcomes(passed=1)
    logs.run(*compared).assert_outcomes(passed=1)
    other = [lm_eval_files.choice(9, [-1.0, -2.0], 0), *lm_eval_files.CHOICES[1:]]
    lm_eval_files.save(logs.folder / "out", other)
    result = logs.run(*compared)
    assert result.ret != 0
    assert "2 of 3 are the same" in seen(result)


def test_what_cannot_be_read_is_refused_before_any_test(logs: Project) -> None:
    cut = logs.folder / "out" / "samples_rivers_2031-04-05T06-07-08.123456.jsonl"
    cut.write_text(cut.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert f"--llmcal-scores: {cut}:3: not JSON" in refused(logs, "--llmcal-scores", "out")
    logs.write("foreign.jsonl", json.dumps({"a": 1}))
    assert "foreign.jsonl:1: neither lm_eval's samples" in refused(logs, "--llmcal-scores", "foreign.jsonl")
    logs.write("notes.txt", "a")
    assert "cannot tell its kind; read are lm_eval's" in refused(logs, "--llmcal-scores", "notes.txt")
    assert "no such file" in refused(logs, "--llmcal-scores", "nothing.eval")
    (logs.folder / "empty").mkdir()
    assert "empty holds no samples_*.jsonl or" in refused(logs, "--llmcal-scores", "empty")
    assert "expected PATH or NAME=PATH, got '=log.eval'" in refused(logs, "--llmcal-scores", "=log.eval")


def test_in_a_folder_what_cannot_be_read_is_left_out_and_told(logs: Project) -> None:
    once = lm_eval_files.written(0, ["42"], "42", 1.0)
    lm_eval_files.save(logs.folder / "out", [once], "sums")
    lm_eval_files.save_results(logs.folder / "out", {"rivers": 3, "sums": 1})
    result = logs.run("--llmcal-scores", "out")
    result.assert_outcomes(passed=1)
    assert "samples_sums_2031-04-05T06-07-08.123456.jsonl:1: nothing says how sure the model is" in seen(result)
    logs.gates(GATES.replace("rivers", "sums"))
    result = logs.run("--llmcal-scores", "out")
    result.assert_outcomes(errors=1)
    assert "it holds 'rivers'" in seen(result)
    assert "Not read: " in seen(result)


def test_the_same_answers_twice_and_scores_beside_models_are_refused(logs: Project) -> None:
    assert "holds answers of hf/model to rivers, as" in refused(
        logs, "--llmcal-scores", "log.eval", "--llmcal-scores", "log.eval"
    )
    assert "a run reads scores or asks models, not both" in refused(
        logs, "--llmcal-scores", "out", "--llmcal-model", "fair"
    )


def test_models_of_the_ini_file_give_way(logs: Project) -> None:
    logs.write("pytest.ini", "[pytest]\nllmcal_models =\n    fair\n")
    logs.run("--llmcal-scores", "out").assert_outcomes(passed=1)
    assert logs.events() == []


@pytest.mark.slow
def test_workers_read_logs_too(logs: Project) -> None:
    pytest.importorskip("xdist")
    logs.run_apart("--llmcal-scores", "out", "-n1").assert_outcomes(passed=1)
