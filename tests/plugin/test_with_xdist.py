"""pytest-xdist: each model on one worker, and the same run as without."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inner_runs import Project, seen

from pytest_llmcal.records import Run

pytest.importorskip("xdist")

GATES = """
@pytest.mark.parametrize("case", range(3))
def test_trust(scores, case):
    assert scores.ece().below(0.2)

def test_sure(score, task):
    assert score(task).accuracy() > 0.99
"""

MODELS = ("--llmcal-model", "a", "--llmcal-model", "b")


def untimed(run: Run) -> Run:
    gates = tuple(
        replace(gate, attempts=tuple(replace(attempt, seconds=0.0) for attempt in gate.attempts)) for gate in run.gates
    )
    subjects = tuple(replace(subject, seconds=0.0) for subject in run.subjects)
    return replace(run, started="", seconds=0.0, gates=gates, subjects=subjects)


def test_two_workers_give_the_same_run_as_none_apart_from_times(project: Project) -> None:
    project.gates(GATES)
    project.run_apart(*MODELS, "--llmcal-json", "alone.json").assert_outcomes(passed=6, failed=2)
    project.run_apart("-n", "2", *MODELS, "--llmcal-json", "together.json").assert_outcomes(passed=6, failed=2)
    alone, together = project.result("alone.json"), project.result("together.json")
    assert alone.gates
    assert untimed(alone) == untimed(together)


def test_two_models_on_two_workers_are_loaded_twice_in_all(project: Project) -> None:
    project.gates(GATES, "test_one.py")
    project.gates(GATES, "test_two.py")
    project.run_apart("-n", "2", *MODELS).assert_outcomes(passed=12, failed=4)
    loads = sorted(event for event in project.events() if event.startswith("LOAD"))
    assert loads == ["LOAD a", "LOAD b"]


@pytest.mark.slow
def test_a_mode_of_distribution_that_the_user_names_is_kept(project: Project) -> None:
    project.gates("\n".join(f"def test_{n}(model):\n    assert measured().below(0.05)\n" for n in range(8)))
    result = project.run_apart("-n", "2", "--dist", "load", "-v", "--llmcal-model", "a")
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["scheduling tests via LoadScheduling"])
    assert project.result().complete


def test_a_run_without_gates_is_distributed_as_if_the_plugin_were_not_there(project: Project) -> None:
    project.write("conftest.py", "")
    project.write("test_plain.py", "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_plain(n): pass\n")
    result = project.run_apart("-n", "2")
    result.assert_outcomes(passed=9)
    assert "llmcal" not in seen(result).replace("plugins: llmcal", "")
    assert project.files() == {"test_plain.py"}


@pytest.mark.slow
def test_plain_tests_beside_gates_run_too(project: Project) -> None:
    project.gates(GATES)
    project.write("test_plain.py", "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_plain(n): pass\n")
    project.run_apart("-n", "2", *MODELS).assert_outcomes(passed=15, failed=2)
    assert len(project.result().gates) == 8


@pytest.mark.slow
def test_the_report_and_the_table_are_the_controller_s(project: Project) -> None:
    project.gates(GATES)
    result = project.run_apart("-n", "2", *MODELS)
    result.stdout.fnmatch_lines(
        ["model  gates  holds *", "a          4      3        1 *", "report: reports*index.html"]
    )


@pytest.mark.slow
def test_reruns_of_one_test_keep_their_attempts_under_xdist(project: Project) -> None:
    project.gates("values = iter([0.3, 0.01])\ndef test_gate(model):\n    assert measured(next(values)) < 0.05\n")
    project.run_apart("-n", "1", "--reruns", "2", "--llmcal-model", "a")
    assert [attempt.outcome for attempt in project.gate("test_gate").attempts] == ["failed", "passed"]


def test_the_plugin_works_where_xdist_is_absent(project: Project) -> None:
    project.gates(GATES)
    project.run("-p", "no:xdist", *MODELS).assert_outcomes(passed=6, failed=2)


@pytest.mark.slow
def test_the_plugin_works_where_xdist_is_not_even_installed(project: Project) -> None:
    project.gates(GATES)
    project.write("without_xdist.py", "import sys\nsys.modules.update({'xdist': None, 'execnet': None})\n")
    result = project.run_apart("-p", "without_xdist", "-p", "no:xdist", "-p", "no:xdist.looponfail", *MODELS)
    result.assert_outcomes(passed=6, failed=2)


@pytest.mark.slow
def test_each_worker_running_all_tests_records_each_gate_once(project: Project) -> None:
    project.gates("def test_gate(model):\n    assert measured().below(0.05)\n")
    project.run_apart("-n", "2", "--dist", "each", "--llmcal-model", "a")
    [gate] = project.result().gates
    assert (len(gate.attempts), len(gate.records)) == (1, 1)
