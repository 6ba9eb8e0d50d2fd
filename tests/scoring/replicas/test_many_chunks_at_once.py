"""A cached model whose chunks are answered several at once and in any order: the same answers, nothing twice."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import LogLikelihood, Model, ModelError, Request
from pytest_llmcal.scoring.at_once import Ask, ManyAtOnce
from pytest_llmcal.scoring.cache import CachedModel, Identity, Store


class ManyHands:
    """Takes several chunks and answers them in an order that is drawn; answers tell with what they were asked."""

    facts = ModelFacts("many", "3f9c", "float32", "cpu", 200_000_000)  # chunks of 256

    def __init__(self, at_once: int = 1, seed: int = 0, dies_after: int | None = None) -> None:
        self.asked: list[str] = []
        self._at_once, self._draw, self._dies_after = at_once, random.Random(seed), dies_after

    def log_likelihoods(self, requests: Any, progress: Any = None) -> list[LogLikelihood]:  # noqa: ARG002
        self.asked += [request.context for request in requests]
        together = hash(tuple(request.context for request in requests)) % 1000 * 1e-9
        return [LogLikelihood(-float(len(request.context)) - together, 1) for request in requests]

    next_tokens = log_likelihoods

    def answered(self, ask: Ask[Any, Any], parts: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        parts = iter(parts)
        under_way: list[tuple[int, Any]] = []
        while True:
            under_way += islice(parts, self._at_once - len(under_way))
            if not under_way:
                return
            number, part = under_way.pop(self._draw.randrange(len(under_way)))
            if self._dies_after == 0:
                raise ModelError("killed")
            if self._dies_after is not None:
                self._dies_after -= 1
            yield number, ask(self, part, None)

    def close(self) -> None:
        pass


def cached(folder: Path, inner: ManyHands) -> CachedModel:
    return CachedModel(Store(folder), Identity("3f9c", "3f9c", "float32", "cpu"), lambda: inner, name="m", device="cpu")


def requests(texts: list[int]) -> list[Request]:
    """Many items, of which some are the same as others far away, or have one question in common with them."""
    return [
        Request(f"item {place}", "x" * text, choice)
        for place, text in enumerate(texts)
        for choice in (" y", f" {place % 7}")
    ]


TEXTS = [place % 500 for place in range(1_000)]


def in_one_go(tmp_path: Path, texts: list[int]) -> tuple[list[LogLikelihood], int]:
    alone = ManyHands()
    model = cached(tmp_path, alone)
    answers = model.log_likelihoods(requests(texts))
    model.close()
    return answers, len(alone.asked)


def test_the_protocols_are_met() -> None:
    assert isinstance(ManyHands(), Model)
    assert isinstance(ManyHands(), ManyAtOnce)


@given(at_once=st.integers(2, 8), seed=st.integers(0, 9))
@settings(max_examples=5, deadline=None)
def test_answers_are_the_same_bits_as_one_chunk_after_the_other_and_nothing_is_asked_twice(
    tmp_path_factory: pytest.TempPathFactory, at_once: int, seed: int
) -> None:
    expected, asked = in_one_go(tmp_path_factory.mktemp("one"), TEXTS)
    many = ManyHands(at_once, seed)
    told: list[tuple[int, int]] = []
    model = cached(tmp_path_factory.mktemp("many"), many)
    answers = model.log_likelihoods(requests(TEXTS), lambda done, total: told.append((done, total)))
    model.close()
    assert answers == expected
    assert len(many.asked) == asked
    assert told[-1] == (2_000, 2_000)
    assert told == sorted(told)


@given(dies_after=st.integers(0, 3), seed=st.integers(0, 9))
@settings(max_examples=5, deadline=None)
def test_a_run_that_ends_in_between_has_kept_what_was_answered_and_the_next_ends_with_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, dies_after: int, seed: int
) -> None:
    expected, asked = in_one_go(tmp_path_factory.mktemp("one"), TEXTS)
    folder = tmp_path_factory.mktemp("many")
    first, second = ManyHands(3, seed, dies_after), ManyHands(3, seed + 1)
    model = cached(folder, first)
    with pytest.raises(ModelError, match="killed"):
        model.log_likelihoods(requests(TEXTS))
    model.close()
    model = cached(folder, second)
    assert model.log_likelihoods(requests(TEXTS)) == expected
    model.close()
    assert bool(first.asked) == bool(dies_after)
    assert len(first.asked) + len(second.asked) == asked
