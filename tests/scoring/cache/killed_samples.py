"""Kills runs that draw samples and lets them go on: started by ``test_killed_samples.py``."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import torch
from counting_model import IDENTITY

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import GenerationOptions, load_model
from pytest_llmcal.scoring.cache import CachedModel, Store

PROMPTS = [(str(place), f"{place}. Who keeps the bees of Oakrise?\nAnswer:") for place in range(40)]
PARAMETERS = 100_000_000  # said to be so many that a chunk has five prompts
DRAWN = GenerationOptions(max_tokens=40, stop=("\n",), temperature=1.0, samples=20)


class Noting:
    """The embedded model, which notes how many prompts it is asked about, before it answers."""

    facts = ModelFacts("world/gpt2", IDENTITY.revision, IDENTITY.dtype, IDENTITY.device, PARAMETERS)

    def __init__(self, log: Path) -> None:
        self._log = log
        self._model = load_model("world/gpt2", device="cpu")

    def generate(self, prompts, options, progress=None):
        with self._log.open("a", encoding="utf-8") as file:
            file.write(f"{len(prompts)}\n")
        return self._model.generate(prompts, options, progress)

    def log_likelihoods(self, requests, progress=None):
        return self._model.log_likelihoods(requests, progress)

    def next_tokens(self, texts, progress=None):
        return self._model.next_tokens(texts, progress)

    def close(self) -> None:
        self._model.close()


def run_apart(folder: Path) -> int:
    """Draw in a child process, which writes its texts when it is done; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        model = CachedModel(
            Store(folder / "cache"), IDENTITY, lambda: Noting(folder / "log"), name="world/gpt2", device="cpu"
        )
        texts = model.generate(PROMPTS, DRAWN)
        model.close()
        (folder / "out").write_text("\n".join(map(repr, texts)), encoding="utf-8")
        status = 0
    finally:
        os._exit(status)


def asked(folder: Path) -> list[int]:
    log = folder / "log"
    return [int(line) for line in log.read_text(encoding="utf-8").split()] if log.exists() else []


def killed(folder: Path, chunk: int) -> None:
    """Kill a run in the midst of a chunk."""
    child = run_apart(folder)
    while len(asked(folder)) < chunk:
        time.sleep(0.001)
    time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    torch.set_num_threads(1)  # children are forked: no thread may hold a lock then
    load_model("world/gpt2", device="cpu").close()  # what is imported once is not imported by every child
    root = Path(sys.argv[1])
    for name, chunk in (("whole", 0), *((f"killed at {chunk}", chunk) for chunk in map(int, sys.argv[2:]))):
        (root / name).mkdir()
        if chunk:
            killed(root / name, chunk)
        before, unfinished = asked(root / name), not (root / name / "out").exists()
        os.waitpid(run_apart(root / name), 0)
        same = (root / name / "out").read_text(encoding="utf-8") == (root / "whole" / "out").read_text(encoding="utf-8")
        print(sum(before), sum(asked(root / name)), max(asked(root / name)), unfinished, same, flush=True)
