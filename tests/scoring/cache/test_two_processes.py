"""Several processes use one cache at the same time, and it is made by whoever comes first."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from counting_model import CountingModel, cached, requests

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="starts children by fork")


def run(root: Path, rounds: int, processes: int, items: int) -> float:
    """Return the seconds that it took; every process must have come to its end without a warning."""
    begin = time.monotonic()
    script = HERE / "two_processes.py"
    done = subprocess.run(
        [sys.executable, "-W", "error", script, root, str(rounds), str(processes), str(items)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split() == ["0"] * rounds * processes, done.stderr
    return time.monotonic() - begin


def kept(root: Path, rounds: int, processes: int, items: int) -> list[int]:
    """Return how much is unknown afterwards, round by round."""
    unknown = []
    for number in range(rounds):
        inner = CountingModel()
        model = cached(root / str(number) / "cache", inner)
        model.log_likelihoods(requests(items * (processes + 1) // 2))
        model.close()
        unknown.append(sum(inner.asked))
    return unknown


def test_two_processes_that_begin_at_once_lose_nothing_and_do_not_wait_for_ever(tmp_path: Path) -> None:
    assert run(tmp_path, 3, 2, 1_000) < 60
    assert kept(tmp_path, 3, 2, 1_000) == [0, 0, 0]


@pytest.mark.slow
def test_eight_processes_lose_nothing_either(tmp_path: Path) -> None:
    assert run(tmp_path, 3, 8, 2_000) < 100
    assert kept(tmp_path, 3, 8, 2_000) == [0, 0, 0]


def test_an_answer_of_another_process_is_found_while_both_are_at_work(tmp_path: Path) -> None:
    first, second = cached(tmp_path, CountingModel()), cached(tmp_path)
    for begin in (0, 100):
        answers = first.log_likelihoods(requests(100, begin=begin))
        assert second.log_likelihoods(requests(100, begin=begin)) == answers
    first.close()
    second.close()


def test_known_answers_are_read_at_once_while_another_process_writes(tmp_path: Path) -> None:
    first = cached(tmp_path, CountingModel(), clock=lambda: 0)
    answers = first.log_likelihoods(requests(1_000))
    first.close()
    writing = sqlite3.connect(tmp_path / "scores-1.sqlite", isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")
    second = cached(tmp_path, clock=lambda: 1e6)  # so late that the use would be noted
    begin = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert second.log_likelihoods(requests(1_000)) == answers
    assert time.monotonic() - begin < 10
    second.close()
    writing.close()
