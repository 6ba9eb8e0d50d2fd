"""Workers of pytest-xdist take turns on a GPU, and models on the CPU wait for nobody."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from inner_runs import Project, seen

from pytest_llmcal.plugin import turns
from pytest_llmcal.plugin.stash import SETTINGS
from pytest_llmcal.plugin.turns import CHANNEL, Turn, gpus

pytest.importorskip("xdist")

# Models that say they are on a GPU, and stay there a while.
RESIDENT = """
import os
import time
from dataclasses import replace
import pytest
import pytest_llmcal.plugin.turns
from stand_ins import TableModel, note, pytest_llmcal_load_task

pytest_llmcal.plugin.turns.PATIENCE = 0.2

class Resident(TableModel):
    def __init__(self, name):
        super().__init__(name)
        self.facts = replace(self.facts, device=os.environ["STAND_IN_DEVICE"])

    def log_likelihoods(self, requests, progress=None):
        time.sleep(0.7)
        return super().log_likelihoods(requests, progress)

def pytest_llmcal_load_model(name):
    return Resident(name)
"""

GATES = """
def test_trust(scores):
    assert scores.accuracy() > 0.5

def test_sure(score, task):
    assert score(task).accuracy() > 0.5
"""


def residents(project: Project, monkeypatch: pytest.MonkeyPatch, device: str, *names: str) -> tuple[str, ...]:
    monkeypatch.setenv("STAND_IN_DEVICE", device)
    project.write("conftest.py", RESIDENT)
    project.gates(GATES)
    return tuple(option for name in names for option in ("--llmcal-model", name))


def together(events: list[str]) -> int:
    """Count how many models were in memory at once, at most."""
    most = now = 0
    for event in events:
        now += event.startswith("LOAD") - event.startswith("FREE")
        most = max(most, now)
    return most


def test_one_model_at_a_time_is_on_a_gpu_and_who_waits_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = residents(project, monkeypatch, "cuda:0", "a", "b", "c")
    result = project.run_apart("-n", "2", "--llmcal-device", "cuda", *models)
    result.assert_outcomes(passed=6)
    assert together(project.events()) == 1
    assert sorted(event for event in project.events() if event.startswith("LOAD")) == ["LOAD a", "LOAD b", "LOAD c"]
    result.stdout.re_match_lines([r"gw[01] waits for its turn on the GPU 0"])


@pytest.mark.slow
def test_models_that_turn_out_to_be_on_the_cpu_do_not_wait(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    models = residents(project, monkeypatch, "cpu", "a", "b")
    result = project.run_apart("-n", "2", "--llmcal-device", "cuda", *models)
    result.assert_outcomes(passed=4)
    assert together(project.events()) == 2
    assert "waits" not in seen(result)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["load", "worksteal", "each"])
def test_no_way_of_distributing_tests_makes_workers_wait_for_one_another_forever_nor_speak_when_quiet(
    mode: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = residents(project, monkeypatch, "cuda:0", "a", "b")
    project.gates(GATES, "test_more.py")
    result = project.run_apart("-q", "-n", "2", "--dist", mode, "--llmcal-device", "cuda:0", *models)
    assert result.ret == pytest.ExitCode.OK
    assert together(project.events()) == 1
    assert "waits" not in seen(result)


@pytest.mark.slow
def test_a_worker_that_dies_with_its_model_lets_the_next_one_in(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = residents(project, monkeypatch, "cuda:0", "dies", "b")
    project.gates(
        """
        import os

        def test_gate(llmcal_model_name, scores):
            if llmcal_model_name == "dies":
                os.kill(os.getpid(), 9)
            assert scores.accuracy() > 0.5
        """
    )
    result = project.run_apart("-n", "2", "--llmcal-device", "cuda", *models)
    result.assert_outcomes(passed=1, failed=1)
    assert "LOAD b" in project.events()


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_gives_its_turn_back(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    models = residents(project, monkeypatch, "cuda:0", "broken", "b")
    result = project.run_apart("-n", "2", "--llmcal-device", "cuda", *models)
    result.assert_outcomes(passed=2, errors=1, failed=1)


HOLDER = """
import sys, time
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


class Line:
    """Stands in for the channel to the controller."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def send(self, sentence: str) -> None:
        self.said.append(sentence)


class Worker:
    """Stands in for the config of a worker."""

    def __init__(self, folder: Path, device: str) -> None:
        class Settings:
            pass

        settings: Any = Settings()
        settings.device = device
        self.line = Line()
        self.workerinput = {"workerid": "gw7", CHANNEL: self.line}
        self.option = Settings()
        self.option.basetemp = str(folder / "popen-gw7")  # type: ignore[attr-defined]
        self.stash = pytest.Stash()
        self.stash[SETTINGS] = settings


def test_a_lock_is_gone_with_the_process_that_held_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    worker: Any = Worker(tmp_path, "cuda:3")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "llmcal-gpu-3.lock")], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == "held\n"
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -{signal.SIGKILL} {holder.pid}"])
        begin = time.monotonic()
        turn = Turn(worker)
        turn.take()
        assert 0.2 < time.monotonic() - begin < 30
        assert killer.wait() == 0
    assert worker.line.said == ["gw7 waits for its turn on the GPU 3"]
    turn.take()  # who has its turn keeps it
    turn.give_back()
    turn.give_back()


def test_without_workers_there_are_no_turns(tmp_path: Path) -> None:
    alone: Any = Worker(tmp_path, "cuda")
    del alone.workerinput
    Turn(alone).take()
    assert not list(tmp_path.iterdir())


def test_gpus_are_told_apart_by_what_they_are_and_not_by_what_a_worker_calls_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [gpus(name) for name in ("cpu", "mps", "cuda", "cuda:0", "cuda:1")] == [[], [], ["0"], ["0"], ["1"]]
    assert gpus("cudax") == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-8f2b, 5")
    assert [gpus(name) for name in ("cuda", "cuda:1")] == [["GPU-8f2b"], ["5"]]


def test_where_nothing_is_said_the_gpus_there_are_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("pytest_llmcal.scoring.accelerator.may_have_cuda", lambda: False)
    assert [gpus(name) for name in ("auto", "sharded")] == [[], []]
    monkeypatch.setattr("pytest_llmcal.scoring.accelerator.may_have_cuda", lambda: True)
    monkeypatch.setattr("pytest_llmcal.scoring.devices.cuda_count", lambda: 2)
    assert [gpus(name) for name in ("auto", "sharded")] == [["0"], ["0", "1"]]
    monkeypatch.setattr("pytest_llmcal.scoring.devices.cuda_count", lambda: 0)
    assert [gpus(name) for name in ("auto", "sharded")] == [[], []]
