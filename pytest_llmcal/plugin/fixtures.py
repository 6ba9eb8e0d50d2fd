"""The fixtures.

They depend on one another under their long names alone, so that a fixture of the user's
called ``model`` or ``scores`` breaks nothing, and each rung can be overridden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcal.plugin.artefacts import calibrator_of
from pytest_llmcal.plugin.baseline import BaselineFixture, read_baseline
from pytest_llmcal.plugin.gates import note_gate
from pytest_llmcal.plugin.gpu import require_gpu
from pytest_llmcal.plugin.logs import AnsweredTask, refuse_to_ask
from pytest_llmcal.plugin.markers import gate_mark, gpu_memory
from pytest_llmcal.plugin.score import Score
from pytest_llmcal.plugin.shelves import LoadError
from pytest_llmcal.plugin.stash import ATTEMPT, MODELS, SETTINGS, TASKS

if TYPE_CHECKING:
    from pytest_llmcal.history import Baseline
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scoring.protocol import Model
    from pytest_llmcal.tasks import Task


@pytest.fixture(scope="session")
def llmcal_model_name(request: pytest.FixtureRequest) -> Iterator[str]:
    """Name of the current model; the model is freed after the last test that uses it."""
    name = getattr(request, "param", None)
    if name is None:
        name = _only_model(request.config)
    yield name
    request.config.stash[MODELS].release()


def _only_model(config: pytest.Config) -> str:
    """Find the model for a fixture that was asked for by ``request.getfixturevalue``."""
    names = config.stash[SETTINGS].models
    if len(names) > 1:
        raise LoadError(
            f"The run gates {len(names)} models, and pytest can run a test on each only if the test or one of its "
            "fixtures names a model fixture among its arguments; request.getfixturevalue comes too late."
        )
    return names[0]


@pytest.fixture(scope="session")
def llmcal_model(llmcal_model_name: str, pytestconfig: pytest.Config) -> Model:
    """Give the current model, loaded."""
    if pytestconfig.stash[SETTINGS].logs is not None:
        refuse_to_ask(llmcal_model_name)
    return pytestconfig.stash[MODELS].get(llmcal_model_name)


@pytest.fixture
def llmcal_score(llmcal_model_name: str, request: pytest.FixtureRequest) -> Score:
    """Give a function from a task or items to the current model's scores; loads nothing until called."""
    note_gate(request.node, model=llmcal_model_name)
    return Score(request)


@pytest.fixture
def llmcal_gpu_score(request: pytest.FixtureRequest, llmcal_gpu: None, llmcal_score: Score) -> Score:  # noqa: ARG001  # llmcal_gpu skips
    """Give what llmcal_score gives, on a CUDA device; skips, or fails on demand, where there is none."""
    return llmcal_score


@pytest.fixture
def llmcal_gpu(request: pytest.FixtureRequest) -> None:
    """Skip, or fail on demand, where there is no CUDA device."""
    require_gpu(request.config, gpu_memory(request.node) or 0.0)


@pytest.fixture
def llmcal_task(request: pytest.FixtureRequest) -> Task | AnsweredTask:
    """Give the task that the test's marker names, or what the options put in its place.

    With --llmcal-scores it is a name alone: what was asked is in no file.
    """
    settings, mark = request.config.stash[SETTINGS], gate_mark(request.node)
    source = settings.source_of(mark.task)
    if mark.task is None and settings.task_for_all is None and not (settings.logs and settings.logs.only_task):
        request.node.stash[ATTEMPT].notes.append(
            f"Some gates name no task, by @pytest.mark.llmcal(task=...) or --llmcal-task, and were asked {source}."
        )
    note_gate(request.node, task=source)
    limits = [limit for limit in (settings.limit, mark.limit) if limit is not None]
    if settings.logs is not None:
        if limits:
            request.node.stash[ATTEMPT].notes.append("Scores that were read are judged whole, whatever limit is set.")
        request.node.stash[ATTEMPT].notes.extend(f"Not read: {reason}." for reason in settings.logs.unread)
        return AnsweredTask(source)
    return request.config.stash[TASKS].get(source, min(limits, default=None))


@pytest.fixture
def llmcal_scores(llmcal_score: Score, llmcal_task: Task | AnsweredTask) -> Scores:
    """Give the current model's scores on the test split of the marked task."""
    return llmcal_score(llmcal_task)


@pytest.fixture(scope="session")
def llmcal_calibrator() -> Callable[..., Any]:
    """Give the function that makes a calibrator by name."""
    from pytest_llmcal import calibrators

    return calibrators.create


@pytest.fixture
def llmcal_calibrated_scores(
    request: pytest.FixtureRequest,
    llmcal_score: Score,
    llmcal_task: Task | AnsweredTask,
    llmcal_scores: Scores,
    llmcal_calibrator: Callable[..., Any],
) -> Scores:
    """Give the scores after a calibrator, fitted on the calibration split: the marker's, or the usual one.

    That is temperature scaling of choices, and Platt scaling where there is one confidence an item, as of written
    answers. With --llmcal-calibrator the scores come out of that one already, and are given as they are.
    """
    if calibrator_of(request) is not None:
        return llmcal_scores
    if llmcal_task.calibration is None:
        raise LoadError(f"The task {llmcal_task.name!r} keeps no calibration split, so no calibrator can be fitted.")
    name = gate_mark(request.node).calibrator or ("temperature" if llmcal_scores.choices else "platt")
    fitted = llmcal_calibrator(name).fit(llmcal_score(llmcal_task.calibration))
    calibrated: Scores = fitted.transform(llmcal_scores)
    return calibrated


@pytest.fixture(scope="session")
def llmcal_baseline_run(pytestconfig: pytest.Config) -> Baseline | None:
    """Give the run to compare with; None where this run will be the first."""
    return read_baseline(pytestconfig)


@pytest.fixture
def llmcal_baseline(
    request: pytest.FixtureRequest,
    llmcal_baseline_run: Baseline | None,
    llmcal_model_name: str,
    llmcal_task: Task | AnsweredTask,
) -> BaselineFixture:
    """Give a function from a metric's name to what it was for this model and task in the baseline."""
    note_gate(request.node, model=llmcal_model_name)
    return BaselineFixture(request, llmcal_baseline_run, llmcal_model_name, llmcal_task)
