"""Has processes begin on one cache at once: itself without threads, and started by ``test_two_processes.py``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from counting_model import run_apart

if __name__ == "__main__":
    root, rounds, processes, items = Path(sys.argv[1]), *map(int, sys.argv[2:])
    for number in range(rounds):
        folder = root / str(number)
        folder.mkdir()
        children = [
            # each begins in the middle of what the one before it asks
            run_apart(folder / "cache", folder / "log", folder / f"out{child}", items, 0.0, begin=child * items // 2)
            for child in range(processes)
        ]
        print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children), flush=True)
