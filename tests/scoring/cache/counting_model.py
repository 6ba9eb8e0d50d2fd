"""A model that notes what it is asked, and whose answers tell in the last bits what they were asked with."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import LogLikelihood, NextToken, Request
from pytest_llmcal.scoring.cache import CachedModel, Identity, Store

IDENTITY = Identity("3f9c", "3f9c", "float32", "cpu")
PARAMETERS = 200_000_000  # chunks of 256


def number_of(*texts: str) -> float:
    return int.from_bytes(hashlib.sha256("\0".join(texts).encode()).digest()[:6], "little") / 2**48


class CountingModel:
    """Answers by a hash; each answer depends a little on all that is asked with it, as in batches of a network."""

    def __init__(
        self, log: Path | None = None, seconds: float = 0.0, rounding: float = 1e-9, facts: ModelFacts | None = None
    ) -> None:
        self.facts = facts or ModelFacts("counting", "3f9c", "float32", "cpu", PARAMETERS)
        self.asked: list[int] = []
        self.closed = False
        self._log = log
        self._seconds = seconds
        self._rounding = rounding

    def _note(self, count: int) -> None:
        self.asked.append(count)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{count}\n")
        time.sleep(self._seconds)

    def log_likelihoods(self, requests, progress=None):
        self._note(len(requests))
        together = self._rounding * number_of(*(request.context + request.continuation for request in requests))
        if progress:
            progress(len(requests), len(requests))
        return [
            LogLikelihood(-number_of(request.context, request.continuation) - together, 1 + len(request.continuation))
            for request in requests
        ]

    def next_tokens(self, texts, progress=None):  # noqa: ARG002  # the protocol's
        self._note(len(texts))
        return [[NextToken(number_of(word), len(word) % 2 == 0) for word in text.split()] for _, text in texts]

    def close(self) -> None:
        self.closed = True


def cached(folder: Path, inner: CountingModel | None = None, identity: Identity = IDENTITY, **options) -> CachedModel:
    """A cached model; without an inner one, it cannot load any."""

    def load():
        assert inner is not None, "a model was loaded"
        return inner

    return CachedModel(Store(folder, **options), identity, load, name="counting", device="cpu")


def requests(items: int, choices: int = 2, begin: int = 0) -> Sequence[Request]:
    return [
        Request(f"item {item}", f"question {item}", f" choice {choice}")
        for item in range(begin, begin + items)
        for choice in range(choices)
    ]


def run_apart(folder: Path, log: Path, out: Path, items: int, seconds: float, begin: int = 0) -> int:
    """Score in a child process, which writes its answers when it is done; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        model = cached(folder, CountingModel(log, seconds))
        answers = model.log_likelihoods(requests(items, begin=begin))
        model.close()
        out.write_text("\n".join(f"{answer.total.hex()} {answer.tokens}" for answer in answers), encoding="utf-8")
        status = 0
    finally:
        os._exit(status)
