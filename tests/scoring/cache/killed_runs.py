"""Kills runs at random moments and lets them go on: a process without threads, started by ``test_killed_runs.py``."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from counting_model import run_apart

ITEMS = 5_000  # of two choices, in 40 chunks
SECONDS = 0.01  # a chunk


def undisturbed(folder: Path) -> tuple[str, float]:
    begin = time.monotonic()
    os.waitpid(run_apart(folder / "cache", folder / "log", folder / "out", ITEMS, SECONDS), 0)
    return (folder / "out").read_text(encoding="utf-8"), time.monotonic() - begin


def killed(folder: Path, after: float) -> tuple[int, int, str]:
    """Return how much was asked before the kill, how much in all, and the answers in the end."""
    folder.mkdir()
    arguments = (folder / "cache", folder / "log", folder / "out", ITEMS, SECONDS)
    child = run_apart(*arguments)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    before = asked(folder)
    if (folder / "out").exists():  # it was over before
        (folder / "out").unlink()
    os.waitpid(run_apart(*arguments), 0)
    return before, asked(folder), (folder / "out").read_text(encoding="utf-8")


def asked(folder: Path) -> int:
    log = folder / "log"
    return sum(map(int, log.read_text(encoding="utf-8").split())) if log.exists() else 0


if __name__ == "__main__":
    root, kills = Path(sys.argv[1]), int(sys.argv[2])
    (root / "whole").mkdir()
    expected, seconds = undisturbed(root / "whole")
    draw = random.Random(int(sys.argv[3]))
    for kill in range(kills):
        before, all_in_all, answers = killed(root / str(kill), draw.uniform(0, seconds))
        print(before, all_in_all, answers == expected, flush=True)
