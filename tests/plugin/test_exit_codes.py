"""What the exit code of pytest says; docs/continuous-integration.md has the table."""

from __future__ import annotations

import pytest
from inner_runs import Project

HOLDS = "@pytest.mark.llmcal\ndef test_gate():\n    assert measured().below(0.05)\n"
REFUTED = "@pytest.mark.llmcal\ndef test_gate():\n    assert measured().below(0.005)\n"
UNDECIDED = "@pytest.mark.llmcal\ndef test_gate():\n    assert measured().below(0.02)\n"
SKIPPED = "@pytest.mark.llmcal\ndef test_gate():\n    pytest.skip('not today')\n"
STOPPED = "@pytest.mark.llmcal\ndef test_gate():\n    raise KeyboardInterrupt\n"
BROKEN = "@pytest.mark.llmcal\ndef test_gate():\n    raise OSError('gone')\n"
NO_TEST = "x = 1\n"
NO_MODULE = "import nowhere\n\n@pytest.mark.llmcal\ndef test_gate():\n    pass\n"


@pytest.mark.parametrize(
    ("body", "options", "code"),
    [
        (HOLDS, (), 0),
        (UNDECIDED, ("--llmcal-undecided", "pass"), 0),
        (SKIPPED, ("--llmcal-allow-empty",), 0),
        (REFUTED, (), 1),
        (UNDECIDED, (), 1),
        (BROKEN, (), 1),
        (SKIPPED, (), 1),
        (HOLDS, ("--llmcal-report", "test_gates.py"), 1),
        (NO_MODULE, (), 2),
        (HOLDS, ("--llmcal-confidence", "2"), 4),
        (HOLDS, ("no_such_file.py",), 4),
        (NO_TEST, (), 5),
        (HOLDS, ("-k", "nothing"), 5),
    ],
    ids=lambda value: "gate" if isinstance(value, str) else " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_the_exit_code_is_stable(project: Project, body: str, options: tuple[str, ...], code: int) -> None:
    project.gates(body)
    assert project.run(*options).ret == code


def test_a_run_that_is_stopped_exits_with_two(project: Project) -> None:
    project.gates(STOPPED)
    assert project.run_apart().ret == 2  # in this process it would stop these tests too
