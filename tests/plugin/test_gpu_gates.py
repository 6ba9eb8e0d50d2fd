"""Gates that need a CUDA device, on machines with and without."""

from __future__ import annotations

import pytest
from inner_runs import Project

import pytest_llmcal.scoring.devices

GATE = "def test_gate(gpu_score, task):\n    assert gpu_score(task).accuracy() > 0.5\n"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> dict[str, float | None]:
    """What the machine has, in GiB; None is no device."""
    has: dict[str, float | None] = {"gib": None}
    monkeypatch.setattr(pytest_llmcal.scoring.devices, "cuda_memory_gib", lambda _: has["gib"])
    return has


@pytest.mark.usefixtures("memory")
def test_a_gpu_gate_is_skipped_with_a_reason_and_the_empty_run_is_red(project: Project) -> None:
    project.gates(GATE)
    result = project.run("-rs")
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["SKIPPED * the gate needs a CUDA device, and there is none"])
    assert not [event for event in project.events() if event.startswith("LOAD")]


@pytest.mark.usefixtures("memory")
def test_a_gpu_gate_fails_when_a_gpu_is_required(project: Project) -> None:
    project.gates(GATE)
    result = project.run("--llmcal-require-gpu")
    result.stdout.fnmatch_lines(["*there is none, and --llmcal-require-gpu was given"])
    assert project.gate("test_gate").verdict == "error"


def test_a_gpu_gate_runs_where_there_is_a_gpu(project: Project, memory: dict[str, float | None]) -> None:
    memory["gib"] = 80.0
    project.gates(GATE)
    project.run("--llmcal-require-gpu").assert_outcomes(passed=1)


@pytest.mark.parametrize(("available", "outcome"), [(None, "skipped"), (8.0, "skipped"), (24.0, "passed")])
def test_the_marker_asks_for_memory(
    project: Project, memory: dict[str, float | None], available: float | None, outcome: str
) -> None:
    memory["gib"] = available
    project.gates("@pytest.mark.llmcal_gpu(memory_gib=16)\ndef test_gate(model):\n    assert measured() < 1\n")
    project.run("--llmcal-allow-empty").assert_outcomes(**{outcome: 1})


def test_a_gpu_gate_is_skipped_when_models_are_told_to_live_elsewhere(
    project: Project, memory: dict[str, float | None]
) -> None:
    memory["gib"] = 80.0
    project.gates(GATE)
    result = project.run("-rs", "--llmcal-device", "cpu")
    result.stdout.fnmatch_lines(["SKIPPED * the gate needs a CUDA device, and --llmcal-device is cpu"])


def test_a_device_that_nobody_knows_is_named_with_those_that_are(project: Project) -> None:
    project.gates(GATE)
    result = project.run("--llmcal-device", "cudax")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unknown device 'cudax'; allowed are auto, cpu, cuda, cuda:N, mps and sharded*"])


def test_memory_is_asked_of_the_device_itself() -> None:
    torch = pytest.importorskip("torch")
    here = pytest_llmcal.scoring.devices.cuda_memory_gib("auto")
    assert (here is not None) == torch.cuda.is_available()
    assert pytest_llmcal.scoring.devices.cuda_memory_gib("cpu") is None
    assert pytest_llmcal.scoring.devices.cuda_memory_gib("cuda:99") is None
