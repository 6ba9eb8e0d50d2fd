"""What CI services are told: a summary in Markdown, annotations for GitHub, code quality for GitLab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.stash import COLLECTOR, OUTPUT
from pytest_llmcal.records import Run

if TYPE_CHECKING:
    from pytest_llmcal.report.annotations import Place


def append_summary(run: Run, path: Path, report: str | None) -> Path:
    """Append a run's summary in Markdown to a file."""
    from pytest_llmcal.report import markdown

    return markdown.append(run, path, report)


def write_code_quality(config: pytest.Config, run: Run, path: Path) -> Path:
    """Write a run's findings as GitLab reads them."""
    from pytest_llmcal.report import annotations
    from pytest_llmcal.report.findings import findings

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(annotations.gitlab(findings(run), _places(config, run)), encoding="utf-8")
    return path


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Annotate the tests on GitHub, where whatever stands at the start of a line with two colons is a command."""
    output = config.stash.get(OUTPUT, None)
    if output is None or os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from pytest_llmcal.report import annotations
    from pytest_llmcal.report.findings import findings

    terminalreporter.ensure_newline()
    for command in annotations.github(findings(output.run), _places(config, output.run)):
        terminalreporter.write_line(command)


def _places(config: pytest.Config, run: Run) -> dict[str, Place]:
    from pytest_llmcal.report.annotations import Place

    locations = config.stash[COLLECTOR].locations
    places = {}
    for gate in run.gates:
        path, line = locations[gate.nodeid]
        places[gate.nodeid] = Place(_in_repository(path, config.rootpath), line)
    return places


def _in_repository(path: str, root: Path) -> str:
    """Return a test's path from the root of the repository, which may lie above pytest's."""
    absolute = Path(os.path.normpath(root / path))
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        repository = os.environ.get(variable)
        if repository and absolute.is_relative_to(repository):
            return absolute.relative_to(repository).as_posix()
    return Path(path).as_posix()
