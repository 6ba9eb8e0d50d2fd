"""The benchmark of scoring runs from end to end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks._scoring_data import BENCH

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BENCH / "make_data.py").is_file(), reason=f"the benchmark's items are not at {BENCH}"),
]


def test_a_quick_run_prints_a_line_with_agreement_and_no_flips():
    pytest.importorskip("lm_eval")
    command = [sys.executable, "-m", "benchmarks.scoring", "--quick", "--items", "4", "--models", "llama"]
    done = subprocess.run([*command, "--tasks", "bench_multi"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    model, task, threads, *_, difference, flips = (
        cell.strip() for cell in done.stdout.splitlines()[-1].split("|")[1:-1]
    )
    assert (model, task, threads, flips) == ("llama", "bench_multi", "1", "0 of 4")
    assert 0 <= float(difference) <= 1e-4
