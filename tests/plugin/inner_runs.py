"""Runs of pytest inside tests: a project in a folder of its own, and what a run of it left."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pytest_llmcal.records import Gate, Run

# hypothesis loads itself anew at the end of every run inside a run, which takes seconds
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
# A run inside a test inherits that warnings are errors here; at a user's they are shown.
SHOWN = tuple(
    part
    for name in ("NoiseFloorWarning", "UnassertedVerdictWarning")
    for part in ("-W", f"default::pytest_llmcal.measurement.{name}")
)
TIME_LIMIT = 180.0  # seconds; what it catches is a hang, and a busy machine is none
PREFACE = "import pytest\nfrom by_hand import measured\n\n"


class Project:
    """A folder with gates, and how they are run."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path
        for name in ("by_hand.py", "stand_ins.py"):
            self.write(name, Path(__file__).with_name(name).read_text(encoding="utf-8"))
        self.write("conftest.py", "from stand_ins import pytest_llmcal_load_model, pytest_llmcal_load_task\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def gates(self, body: str, name: str = "test_gates.py") -> Path:
        return self.write(name, PREFACE + textwrap.dedent(body))

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run in this process: fast."""
        return self.pytester.runpytest_inprocess(*QUIET, *SHOWN, *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run in a process of its own: for workers, crashes and what is imported."""
        return self.pytester.runpytest_subprocess(*QUIET, *SHOWN, *arguments, timeout=TIME_LIMIT)

    def result(self, path: str = "reports/latest/run.json") -> Run:
        return Run.read(self.folder / path)

    def gate(self, name: str) -> Gate:
        [gate] = [gate for gate in self.result().gates if gate.name == name]
        return gate

    def events(self) -> list[str]:
        path = self.folder / "events.txt"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def files(self) -> set[str]:
        """What lies in the folder, pytest's own leavings apart."""
        found = {path.name for path in self.folder.iterdir() if not path.name.startswith("runpytest-")}
        return found - {"__pycache__", "by_hand.py", "stand_ins.py", "conftest.py", "stdout", "stderr"}


def seen(result: pytest.RunResult) -> str:
    """All that a run printed."""
    return result.stdout.str() + result.stderr.str()
