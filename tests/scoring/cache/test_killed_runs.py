"""A run that is killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHUNK = 256
ALL = 10_000

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children that are forked")


def killed_runs(folder: Path, kills: int, seed: int = 0) -> list[tuple[int, int, bool]]:
    script = HERE / "killed_runs.py"
    done = subprocess.run(
        [sys.executable, script, folder, str(kills), str(seed)], capture_output=True, text=True, check=True, timeout=300
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    return [(int(before), int(asked), same == "True") for before, asked, same in rows]


def check(runs: list[tuple[int, int, bool]]) -> None:
    assert all(same for _, _, same in runs)
    assert all(ALL <= asked <= ALL + CHUNK for _, asked, _ in runs)


def test_a_killed_run_ends_with_the_same_bits_and_asks_for_one_chunk_again_at_most(tmp_path: Path) -> None:
    check(killed_runs(tmp_path, 1))


@pytest.mark.slow
def test_so_do_thirty_runs_killed_at_random_moments(tmp_path: Path) -> None:
    runs = killed_runs(tmp_path, 30, seed=1)
    check(runs)
    assert len({before for before, _, _ in runs}) > 10  # they were killed at many places
