"""Lets the workers of pytest-xdist take turns on a GPU."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.plugin.stash import SETTINGS

CHANNEL = "llmcal_channel"
"""In what a worker is given: its line to the controller, which has the terminal."""

MODELS_AT_ONCE = "llmcal_models_at_once"
"""Likewise: how many of the workers can have a model at once."""

PATIENCE = 2.0
"""Seconds before a worker says that it waits."""


class Turn:
    """One worker's turn on the GPUs that its model lies on; without workers, nothing.

    A model may fill a GPU, and every worker has one model. The lock is the system's own, on an open file:
    it is gone when its process is, however that ended.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._held = ExitStack()

    def take(self) -> None:
        """Wait until no other worker has a model on the GPUs that models are loaded on, if there are any."""
        worker: dict[str, Any] | None = getattr(self._config, "workerinput", None)
        if worker is None:
            return
        self.give_back()
        # all workers ask in the same order, so that no two wait for one another
        for gpu in gpus(self._config.stash[SETTINGS].device):
            self._wait_for(gpu, worker)

    def give_back(self) -> None:
        """Let the next worker in."""
        self._held.close()

    def _wait_for(self, gpu: str, worker: dict[str, Any]) -> None:
        from filelock import FileLock, Timeout

        lock = FileLock(_folder(self._config) / f"llmcal-gpu-{re.sub(r'[^A-Za-z0-9]', '-', gpu)}.lock")
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            worker[CHANNEL].send(f"{worker['workerid']} waits for its turn on the GPU {gpu}")
            lock.acquire()
        self._held.callback(lock.release)


def gpus(device: str) -> list[str]:
    """Name the GPUs that models are loaded on, by what tells them apart on this machine; none for the CPU."""
    from pytest_llmcal.scoring.accelerator import SHARDED, may_have_cuda

    named = re.fullmatch(r"cuda(?::(\d+))?", device)
    if named:
        places = [int(named[1] or 0)]
    elif device in ("auto", SHARDED) and may_have_cuda():
        from pytest_llmcal.scoring.devices import cuda_count

        places = [*range(cuda_count())][: 1 if device == "auto" else None]
    else:
        return []
    # workers that were given one GPU each all call theirs cuda:0
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return sorted(visible[place] if place < len(visible) else str(place) for place in places)


def _folder(config: pytest.Config) -> Path:
    """Return the folder that all workers of a run on this machine have in common."""
    own = config.option.basetemp
    return Path(own).parent if own else Path(tempfile.gettempdir())
