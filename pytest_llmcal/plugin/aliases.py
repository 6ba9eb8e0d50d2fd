"""The short names of the fixtures. Override one, and only tests that ask for it by this name notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcal.plugin.logs import AnsweredTask
from pytest_llmcal.plugin.score import Score

if TYPE_CHECKING:
    from pytest_llmcal.plugin.baseline import BaselineFixture
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scoring.protocol import Model
    from pytest_llmcal.tasks import Task


@pytest.fixture(scope="session")
def model(llmcal_model: Model) -> Model:
    """Language model that is being gated."""
    return llmcal_model


@pytest.fixture(scope="session")
def calibrator(llmcal_calibrator: Callable[..., Any]) -> Callable[..., Any]:
    """Make a calibrator by name, with its options: ``calibrator("temperature")``."""
    return llmcal_calibrator


@pytest.fixture
def score(llmcal_score: Score) -> Score:
    """Score a task or items with the current model: ``score(task.calibration)``."""
    return llmcal_score


@pytest.fixture
def gpu_score(llmcal_gpu_score: Score) -> Score:
    """Score on a CUDA device; the test is skipped where there is none."""
    return llmcal_gpu_score


@pytest.fixture
def task(llmcal_task: Task | AnsweredTask) -> Task | AnsweredTask:
    """Task that the test's marker names."""
    return llmcal_task


@pytest.fixture
def scores(llmcal_scores: Scores) -> Scores:
    """Scores of the current model on the marked task's test split."""
    return llmcal_scores


@pytest.fixture
def calibrated_scores(llmcal_calibrated_scores: Scores) -> Scores:
    """Scores after the marker's calibrator, or temperature scaling (Platt scaling of written answers)."""
    return llmcal_calibrated_scores


@pytest.fixture
def baseline(llmcal_baseline: BaselineFixture) -> BaselineFixture:
    """Measurements of an earlier run: ``scores.ece().not_worse_than(baseline("ece"), 0.01)``."""
    return llmcal_baseline
