"""Questions that take their time, and a log of who was asked what: for killing those who are at it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_llmcal.scoring import Request
from pytest_llmcal.scoring.cache import chunks, questioned
from pytest_llmcal.scoring.cache.questions import LOG_LIKELIHOOD
from pytest_llmcal.tasks import load_task

ITEMS = 256
CHUNK = 64
"""The fewest questions that a chunk has."""


class Line(NamedTuple):
    """One chunk that a replica was given."""

    process: int
    node: str
    item: str


def lines(log: Path) -> list[Line]:
    """Read what was asked so far."""
    if not log.exists():
        return []
    found = [line.split("\t") for line in log.read_text(encoding="utf-8").splitlines()]
    return [Line(int(process), node, item) for process, node, item in found]


def slowly(log: Path, seconds: float) -> Callable[..., Any]:
    """Make what asks a model, after a note in the log and a while; Ray takes it along by its code."""

    def ask(asked: Any, part: Any, progress: Any) -> Any:
        import ray

        node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else ""
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\t{node}\t{part[0].item}\n")
        time.sleep(seconds)
        return asked.log_likelihoods(part, progress)

    return ask


@contextmanager
def small_chunks(log: Path, seconds: float) -> Iterator[None]:
    """Ask slowly and in small chunks for the span of a ``with`` block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questioned, "LOG_LIKELIHOOD", replace(LOG_LIKELIHOOD, ask=slowly(log, seconds)))
        patch.setitem(chunks._AT_ONCE, "cpu", 1)
        yield


def requests() -> list[Request]:
    """The questions of every test here."""
    items = load_task("world/qa", limit=ITEMS).test
    return [Request(item.id, item.prompt, choice) for item in items for choice in item.choices]


def wait_until(happened: Callable[[], Any], seconds: float = 240.0) -> Any:
    """Return what is true at last."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
    return found
