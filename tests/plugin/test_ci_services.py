"""What a session leaves for CI services, and what it prints for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from inner_runs import Project, seen

GATES = """
def test_holds(scores):
    assert scores.accuracy().above(0.6)


def test_is_refuted(scores):
    assert scores.accuracy().above(0.99)
"""
LINE = 9  # of test_is_refuted, behind three lines that every such file begins with


@pytest.fixture
def on_github(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.folder / "summary.md"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.folder.parent))
    return project


def annotations(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("::")]


def test_on_github_the_summary_is_appended_and_the_line_of_the_test_is_annotated(on_github: Project) -> None:
    (on_github.folder / "summary.md").write_text("of another step\n", encoding="utf-8")
    on_github.gates(GATES)
    result = on_github.run("--llmcal-model", "a")
    text = (on_github.folder / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("of another step\n\n\n## The model may not be released\n")
    assert f"<code>{Path('reports/latest/index.html')}</code>" in text
    [line] = annotations(result)
    place = f"file={on_github.folder.name}/test_gates.py,line={LINE},title=is refuted (a)"
    assert line.startswith(f"::error {place}::refuted: The claim that accuracy is at least 0.99 is refuted")
    result.stdout.fnmatch_lines(["summary: summary.md"])


def test_elsewhere_nothing_is_appended_and_nothing_annotated(project: Project) -> None:
    project.gates(GATES)
    result = project.run("--llmcal-model", "a")
    assert annotations(result) == []
    assert "summary: " not in seen(result)
    assert project.files() == {"test_gates.py", "reports", "events.txt"}


def test_the_option_says_where_or_none(on_github: Project) -> None:
    on_github.gates(GATES)
    on_github.run("--llmcal-model", "a", "--llmcal-summary", "none")
    assert not (on_github.folder / "summary.md").exists()
    on_github.run("--llmcal-model", "a", "--llmcal-summary", "deep/own.md", "--llmcal-report", "none")
    text = (on_github.folder / "deep" / "own.md").read_text(encoding="utf-8")
    assert text.startswith("## The model may not be released")
    assert "report" not in text
    assert not (on_github.folder / "summary.md").exists()


def test_workers_leave_it_to_the_one_that_sees_all(on_github: Project) -> None:
    on_github.gates(GATES)
    result = on_github.run_apart("-n2", "--llmcal-model", "a", "--llmcal-model", "b")
    assert len(annotations(result)) == 2
    text = (on_github.folder / "summary.md").read_text(encoding="utf-8")
    assert text.count("## ") == 1


def test_a_run_without_gates_is_no_news_for_a_service(on_github: Project) -> None:
    on_github.write("test_plain.py", "def test_plain():\n    assert False\n")
    result = on_github.run("--llmcal-code-quality", "quality.json")
    assert annotations(result) == []
    assert on_github.files() == {"test_plain.py"}


def test_gitlab_gets_the_file_and_the_line_from_the_root_of_the_repository(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_PROJECT_DIR", str(project.folder.parent))
    project.gates(GATES)
    project.run("--llmcal-model", "a", "--llmcal-code-quality", "quality/report.json")
    [issue] = json.loads((project.folder / "quality" / "report.json").read_text(encoding="utf-8"))
    assert issue["location"] == {"path": f"{project.folder.name}/test_gates.py", "lines": {"begin": LINE}}
    assert issue["check_name"] == "llmcal: test_is_refuted"


def test_a_gate_whose_worker_died_is_annotated_at_its_file(on_github: Project) -> None:
    on_github.gates("import os\n\ndef test_dies(model):\n    os._exit(3)\n")
    result = on_github.run_apart("-n1", "--max-worker-restart=0", "--llmcal-model", "a")
    [line] = annotations(result)
    assert line.startswith(f"::error file={on_github.folder.name}/test_gates.py,line=")


def test_a_summary_that_cannot_be_written_turns_the_run_red_and_says_so(project: Project) -> None:
    project.gates("def test_holds(scores):\n    assert scores.accuracy().above(0.6)\n")
    result = project.run("--llmcal-model", "a", "--llmcal-summary", ".")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["the summary could not be written: *"])
