"""However a run ends, its report is written, and says that it is incomplete and why."""

from __future__ import annotations

import sys

import pytest
from inner_runs import Project, seen

from pytest_llmcal.plugin.stash import COLLECTOR

TWO = """
def test_first(model):
    assert measured().below(0.05)

def test_second(model):
    {second}

def test_third(model):
    assert measured().below(0.05)
"""


def problem(project: Project) -> str:
    run = project.result()
    assert not run.complete
    assert (project.folder / "reports/latest/index.html").is_file()
    return " ".join(run.problems)


def test_an_interrupt_keeps_what_was_measured_before(project: Project) -> None:
    project.gates(TWO.format(second="assert measured() < 1; raise KeyboardInterrupt"))
    result = project.run_apart()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    text = problem(project)
    assert "The run was stopped: KeyboardInterrupt." in text
    assert "2 gates (test_gates.py::test_second[world/gpt2], test_gates.py::test_third[world/gpt2])" in text
    assert project.gate("test_first").verdict == "holds"
    assert project.gate("test_second").verdict == "error"
    assert "FREE world/gpt2" in project.events()


def test_stopping_at_the_first_failure_leaves_a_run_marked_incomplete(project: Project) -> None:
    project.gates(TWO.format(second="assert measured().below(0.005)"))
    result = project.run("-x")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "The gate test_gates.py::test_third[world/gpt2] was collected and did not run to the end." in problem(
        project
    )
    assert project.gate("test_second").verdict == "refuted"
    result.stdout.fnmatch_lines(["The run was stopped: stopping after 1 failures*"])


def test_a_file_that_cannot_be_collected_beside_gates_is_named(project: Project) -> None:
    project.gates(TWO.format(second="pass"))
    project.write("test_bad.py", "import nothing_of_this_name\n")
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    text = problem(project)
    assert "test_bad.py could not be collected." in text
    assert "3 gates (" in text
    assert project.result().gates == ()


def test_a_file_that_cannot_be_collected_without_any_gate_is_pytest_s_own_business(project: Project) -> None:
    project.write("test_bad.py", "import nothing_of_this_name\n")
    assert "calibration" not in seen(project.run())
    assert "reports" not in project.files()


def test_an_error_in_setup_is_no_verdict_and_makes_the_run_incomplete(project: Project) -> None:
    project.gates(
        """
        @pytest.fixture
        def prompt():
            raise ValueError("no prompt")

        def test_first(model, prompt): pass
        def test_second(model):
            assert measured().below(0.05)
        """
    )
    project.run().assert_outcomes(errors=1, passed=1)
    assert problem(project) == "The gate test_gates.py::test_first[world/gpt2] was not judged: ValueError: no prompt"
    assert project.gate("test_first").verdict == "error"


def test_an_error_in_teardown_is_not_hidden_behind_a_test_that_passed(project: Project) -> None:
    project.gates(
        """
        @pytest.fixture
        def lease():
            yield
            raise ValueError("no way back")

        def test_first(model, lease):
            assert measured().below(0.05)
        """
    )
    project.run().assert_outcomes(passed=1, errors=1)
    assert "ValueError: no way back" in problem(project)
    assert [record.outcome for record in project.gate("test_first").records] == ["holds"]


CRASH = TWO.format(second="import os; os._exit(3)")


def test_a_worker_that_dies_keeps_earlier_records_and_fails_the_run_without_hanging(project: Project) -> None:
    project.gates(CRASH)
    result = project.run_apart(
        "-n", "1", "--llmcal-model", "a"
    )  # the time limit of run_apart is what would catch a hang
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = problem(project)
    assert "crashed while running 'test_gates.py::test_second[a]'" in text
    verdicts = {gate.name: gate.verdict for gate in project.result().gates}
    assert verdicts == {"test_first": "holds", "test_second": "error", "test_third": "holds"}
    assert project.gate("test_second").attempts[-1].message.startswith("worker 'gw0' crashed while running")
    written = (project.folder / "reports/latest/run.json").read_text(encoding="utf-8")
    assert sys.executable not in written
    assert len(project.gate("test_first").records) == 1
    assert project.events().count("LOAD a") == 2  # the test that killed the first worker is not given to the second


def test_a_missing_fixture_is_named_with_and_without_xdist(project: Project) -> None:
    project.gates("def test_gate(model, nothing): pass\n")
    for workers in ("0", "1"):
        project.run_apart("-n", workers, "--llmcal-model", "a").assert_outcomes(errors=1)
        assert problem(project).endswith("[a] was not judged: fixture 'nothing' not found")
        assert str(project.folder) not in project.gate("test_gate").attempts[-1].message


def test_a_breakdown_without_any_text_is_noted_all_the_same(project: Project) -> None:
    collector = project.pytester.parseconfigure().stash[COLLECTOR]
    collector.pytest_internalerror("\n")
    collector.pytest_internalerror("File /somewhere\nOSError: disk gone\n")
    assert collector.run({}, {}).problems == (
        "pytest broke down: no reason was given",
        "pytest broke down: OSError: disk gone",
    )


@pytest.mark.slow
def test_a_worker_that_dies_does_not_hang_when_no_other_may_take_its_place(project: Project) -> None:
    project.gates(CRASH)
    result = project.run_apart("-n", "2", "--max-worker-restart=0", "--llmcal-model", "a", "--llmcal-model", "b")
    assert result.ret != 0
    assert "did not run to the end" in problem(project)
    verdicts = [gate.verdict for gate in project.result().gates]
    assert verdicts == ["holds", "holds", "error", "error"]


@pytest.mark.slow
def test_an_interrupted_worker_leaves_an_incomplete_run(project: Project) -> None:
    project.gates(TWO.format(second="raise KeyboardInterrupt"))
    result = project.run_apart("-n", "1")
    assert result.ret != 0
    assert "The run was stopped" in problem(project)


def test_a_report_that_cannot_be_written_turns_the_run_red_and_says_so(project: Project) -> None:
    project.gates("def test_gate(model):\n    assert measured().below(0.05)\n")
    project.write("reports", "a file stands where the folder should be")
    result = project.run()
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["the report could not be written: *reports*"])


def test_a_plain_failure_does_not_make_a_run_incomplete(project: Project) -> None:
    project.gates(TWO.format(second="assert measured().below(0.005)"))
    project.run().assert_outcomes(passed=2, failed=1)
    assert project.result().complete
    assert project.result().problems == ()
