"""Runs of pytest inside tests."""

from __future__ import annotations

import pytest
from inner_runs import Project

# A run inside a test takes what it imports out of sys.modules again, and numpy cannot be loaded twice.
import pytest_llmcal.calibrators
import pytest_llmcal.report
import pytest_llmcal.report.summary
import pytest_llmcal.scores
import pytest_llmcal.scores.effect
import pytest_llmcal.scoring
import pytest_llmcal.scoring.progress
import pytest_llmcal.strategies
import pytest_llmcal.tasks  # noqa: F401

# Where these tests themselves run on such a service, it must not hear of the runs inside them.
OF_SERVICES = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose models and tasks are stand-ins."""
    for variable in ("PYTEST_ADDOPTS", *OF_SERVICES):
        monkeypatch.delenv(variable, raising=False)
    return Project(pytester)
