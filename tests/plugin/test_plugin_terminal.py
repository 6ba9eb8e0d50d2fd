"""What stands in the terminal, with and without one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

import pytest
from inner_runs import QUIET, SHOWN, Project, seen

from pytest_llmcal.plugin.progress import progress_line

GATES = """
def test_holds(scores):
    assert scores.accuracy().above(0.6)

def test_trust(scores):
    assert scores.ece().below(0.05)

def test_skipped(model):
    pytest.skip("not today")
"""


def test_the_table_has_one_row_a_model_with_verdicts_the_worst_gate_and_the_report(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "bold", "--llmcal-model", "fair")
    estimate = next(
        record.estimate for gate in project.result().gates for record in gate.records if record.metric == "ece"
    )
    trust = "test_gates.py test_trust: ECE"
    result.stdout.fnmatch_lines(
        [
            "=* calibration *=",
            "model  gates  holds  refuted  undecided  errors  not judged  worst gate",
            f"bold       3      1        1          0       0           1  {trust} {estimate:.4f}, limit 0.05",
            "fair       3      2        0          0       0           1  test_gates.py test_skipped",
            "report: reports/latest/index.html",
        ]
    )


def test_quiet_runs_say_the_same_without_the_header(project: Project) -> None:
    project.gates(GATES)
    result = project.run("-q", "--llmcal-model", "fair")
    result.stdout.fnmatch_lines(["model  gates *", "report: *"])
    assert "llmcal: fair" not in result.outlines


def test_the_header_names_models_and_limit_when_the_command_line_does(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "x", "--llmcal-model", "y", "--llmcal-limit", "50")
    result.stdout.fnmatch_lines(["llmcal: x, y, at most 50 items of a split"])
    assert not [line for line in project.run().outlines if line.startswith("llmcal:")]


def test_without_the_terminal_everything_is_still_written(project: Project) -> None:
    project.gates(GATES)
    result = project.run("-p", "no:terminal", "--llmcal-model", "bold")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert {gate.verdict for gate in project.result().gates} == {"holds", "refuted", "skipped"}


def test_no_traceback_stands_in_the_place_of_the_summary_when_something_cannot_be_written(project: Project) -> None:
    project.gates(GATES)
    project.write("kept", "a file")
    result = project.run("--llmcal-model", "fair", "--llmcal-json", "kept/run.json")
    assert "Traceback" not in seen(result)
    assert "INTERNALERROR" not in seen(result)
    result.stdout.fnmatch_lines(["the run.json could not be written: *", "report: *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


SLOW_MODEL = """
import time
import pytest_llmcal.scoring.progress
from stand_ins import TableModel, pytest_llmcal_load_task

pytest_llmcal.scoring.progress.PATIENCE = 0.0  # as if each answer took seconds

def pytest_llmcal_load_model(name):
    time.sleep(0.3)
    return TableModel(name)
"""


def test_progress_reaches_the_terminal_through_the_capture_on_lines_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pytest_llmcal.scoring.progress

    monkeypatch.setattr(pytest_llmcal.scoring.progress, "PATIENCE", 0.0)
    project.gates(GATES)
    result = project.run("--llmcal-model", "fair")
    result.stdout.re_match_lines([r"fair on world/qa \(test\): 1 of 3,000, .* a second, .* left"])
    result.assert_outcomes(passed=2, skipped=1)


def test_progress_is_shown_where_nothing_is_captured(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import pytest_llmcal.scoring.progress

    monkeypatch.setattr(pytest_llmcal.scoring.progress, "PATIENCE", 0.0)
    project.gates(GATES)
    result = project.run("-s", "--llmcal-model", "fair")
    result.stdout.re_match_lines([r"fair on world/qa \(test\): 1 of 3,000, .* a second, .* left"])
    assert not {"\r", "\x1b"} & set(seen(result))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("in_ci", [False, True])
def test_a_terminal_is_written_over_and_that_of_a_ci_system_is_not(
    in_ci: bool, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    if in_ci:
        monkeypatch.setenv("CI", "1")
    project.write("conftest.py", SLOW_MODEL)
    project.gates(GATES)
    text = on_a_terminal(project, "--llmcal-model", "fair", "--color=no")
    assert "fair on world/qa (test): 1 of 3,000, " in text
    assert ("\rfair on world/qa (test): 1 of" in text) != in_ci
    assert ("\r" + " " * 20 in text) != in_ci  # it is wiped at the end


def on_a_terminal(project: Project, *arguments: str) -> str:
    """Run pytest with a pseudo-terminal for its output; return all that was written to it."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", *QUIET, *SHOWN, *arguments]
    with subprocess.Popen(command, cwd=project.folder, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs):
        os.close(theirs)
        parts = []
        with suppress(OSError):  # how Linux says that the other side is closed
            while part := os.read(ours, 65536):
                parts.append(part)
    os.close(ours)
    return b"".join(parts).decode()


@pytest.mark.parametrize("arguments", [("-q",), ("-p", "no:terminal"), ("-n", "1")])
def test_progress_is_silent_where_nobody_reads_it(project: Project, arguments: tuple[str, ...]) -> None:
    project.write("conftest.py", SLOW_MODEL)
    project.gates(GATES)
    result = project.run_apart("--llmcal-model", "fair", *arguments)  # apart: its conftest changes a module
    assert len(project.result().gates) == 3
    assert "a second" not in seen(result)
    assert "loading fair" not in seen(result)


def test_loading_and_reading_that_take_long_are_announced_and_leave_the_capture_as_it_was(project: Project) -> None:
    project.write(
        "conftest.py",
        """
import time
import pytest_llmcal.scoring.progress
from stand_ins import TableModel, coins
from pytest_llmcal.tasks import Task

pytest_llmcal.scoring.progress.PATIENCE = 0.05

def pytest_llmcal_load_model(name):
    time.sleep(0.5)
    print("printed while loading")
    return TableModel(name)

def pytest_llmcal_load_task(name):
    time.sleep(0.5)
    return Task(name, None, coins(name, "test", 100), source="conftest.py")
""",
    )
    project.gates(
        """
        def test_gate(capfd, request):
            print("before")
            scores = request.getfixturevalue("scores")
            print("after")
            assert capfd.readouterr().out.split("\\n") == ["before", "printed while loading", "after", ""]
            assert scores.accuracy() > 0.5
            print("shown by nobody")
        """
    )
    result = project.run_apart("--llmcal-model", "fair")  # apart: its conftest changes a module
    result.assert_outcomes(passed=1)
    announced = [line for line in result.outlines if line.startswith(("loading", "reading"))]
    assert announced == ["reading world/qa", "loading fair"]
    assert "printed while loading" not in seen(result)
    assert "shown by nobody" not in seen(result)
    assert not {"\r", "\x1b"} & set(seen(result))


def test_progress_of_a_run_without_a_terminal_can_be_called(pytestconfig: pytest.Config) -> None:
    with progress_line(pytestconfig, "label") as progress:
        progress(1, 2)


def test_the_overview_of_fixtures_describes_each(project: Project) -> None:
    text = seen(project.run("--fixtures", "-q"))
    for name in ("model", "calibrator", "score", "gpu_score", "task", "scores", "calibrated_scores", "baseline"):
        line = next(line for line in text.splitlines() if line.split(" ")[0] == name and "aliases.py" in line)
        assert text.splitlines()[text.splitlines().index(line) + 1].strip()


def test_the_overview_of_markers_describes_each(project: Project) -> None:
    project.run("--markers").stdout.fnmatch_lines(
        [
            "@pytest.mark.llmcal(task=None, *",
            "@pytest.mark.llmcal_models(*",
            "@pytest.mark.llmcal_gpu(*",
        ]
    )


def test_a_gate_that_names_no_task_is_told_which_it_was_asked(project: Project) -> None:
    project.gates("def test_gate(scores):\n    assert scores.accuracy() >= 0\n")
    result = project.run("--llmcal-model", "fair")
    result.stdout.fnmatch_lines(["note: Some gates name no task, * and were asked world/qa."])
    assert "were asked world/qa" in project.result().environment["notes"]
    assert "name no task" not in seen(project.run("--llmcal-model", "fair", "--llmcal-task", "world/qa"))
