"""A run that draws twenty samples a prompt is killed, goes on where it was, and ends with the same texts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALL = 40

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children that are forked"),
]


def test_a_killed_run_of_samples_ends_with_the_same_texts_and_draws_one_chunk_again_at_most(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, HERE / "killed_samples.py", tmp_path, "2", "6"],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    whole, *killed = [line.split() for line in done.stdout.splitlines()]
    chunk = int(whole[2])
    assert whole == ["0", str(ALL), str(chunk), "True", "True"]
    assert [int(before) for before, *_ in killed] == [2 * chunk, 6 * chunk]
    for _, asked, _, unfinished, same in killed:
        assert (unfinished, same) == ("True", "True")
        assert ALL <= int(asked) <= ALL + chunk
