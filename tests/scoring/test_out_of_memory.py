"""Where memory is not enough for a batch, smaller ones are run, and the numbers are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.scoring import GenerationOptions, ModelError, Request, load_model
from pytest_llmcal.scoring.budget import Budget
from pytest_llmcal.scoring.generation.reader import DecoderReader

REQUESTS = [
    Request(str(n), "Who keeps the bees of Oakrise? " * 2 + f"{n} ", choice)
    for n in range(30)
    for choice in (" the miller", " the baker's daughter")
]


class Allocator:
    """Fails like PyTorch's when a batch has more tokens than there is room for."""

    def __init__(self, forward: Any, room: int) -> None:
        self.room, self.ran, self.refused = room, 0, 0
        self._forward = forward

    def __call__(self, rows: Any, kept: Any = None) -> Any:
        if sum(len(row.tokens) for row in rows) > self.room:
            self.refused += 1
            raise RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
            )
        self.ran += 1
        return self._forward(rows, kept)


@pytest.fixture
def limited(model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """A model, its packed path decided, that has memory for so many tokens alone."""

    def make(room: int) -> tuple[Any, Allocator]:
        model = load_model(model_folder("gpt2"), device="cpu", batch_tokens=2_000)
        model.log_likelihoods(REQUESTS[:4])
        packed = model._engine._packed  # type: ignore[union-attr]
        allocator = Allocator(packed.run, room)  # type: ignore[union-attr]
        monkeypatch.setattr(packed, "run", allocator)
        return model, allocator

    return make


def totals(model: Any) -> list[float]:
    return [answer.total for answer in model.log_likelihoods(REQUESTS)]


def test_the_batch_is_halved_until_it_fits_and_the_numbers_are_the_same(
    limited: Callable[[int], Any], model_folder: Callable[[str], Path]
) -> None:
    expected = totals(load_model(model_folder("gpt2"), device="cpu"))
    model, allocator = limited(150)
    assert totals(model) == pytest.approx(expected, abs=1e-5)
    assert 1 <= allocator.refused < allocator.ran


def test_one_prompt_that_does_not_fit_is_an_error_that_says_its_length(limited: Callable[[int], Any]) -> None:
    model, _ = limited(10)
    with pytest.raises(ModelError, match=r"one text of \d+ tokens does not fit into memory"):
        totals(model)


def test_a_prompt_that_fits_with_one_choice_at_a_time_is_run_so(
    limited: Callable[[int], Any], model_folder: Callable[[str], Path]
) -> None:
    plain = load_model(model_folder("gpt2"), device="cpu")
    expected = totals(plain)
    longest = max(len(context) + len(choice) - 1 for context, choice in plain._pairs(REQUESTS))
    model, _ = limited(longest)
    assert totals(model) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_an_encoder_with_its_decoder_halves_too(
    family: str, model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_llmcal.scoring.encoder_decoder import EncoderDecoder

    model = load_model(model_folder(family), device="cpu")
    requests = REQUESTS[:12]
    expected = [answer.total for answer in model.log_likelihoods(requests)]
    decode, refused = EncoderDecoder._decode, []

    def limited(self: Any, hidden: Any, mask: Any, rows: Any) -> Any:
        if len(rows) > 2:
            refused.append(len(rows))
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return decode(self, hidden, mask, rows)

    monkeypatch.setattr(EncoderDecoder, "_decode", limited)
    assert [answer.total for answer in model.log_likelihoods(requests)] == pytest.approx(expected, abs=1e-5)
    assert refused


def test_other_errors_are_not_taken_for_it(limited: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = limited(10_000)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("something else")

    monkeypatch.setattr(model._engine._packed, "run", broken)
    with pytest.raises(RuntimeError, match="something else"):
        totals(model)


def test_more_is_tried_again_when_there_is_room_and_ever_more_rarely() -> None:
    budget = Budget(1_000)
    seen = []
    for _ in range(200):
        if budget.tokens > 400:
            budget.shrink(budget.tokens)
            seen.append("refused")
        else:
            budget.fitted()
            seen.append("fitted")
    assert seen.count("refused") <= 5
    assert budget.tokens >= 250


PROMPTS = [(str(n), "Who keeps the bees of Oakrise? " + "Nobody. " * (n % 3)) for n in range(8)]
DRAWN = GenerationOptions(max_tokens=6, temperature=1.0, samples=3)


def limit_rows(monkeypatch: pytest.MonkeyPatch, room: int) -> list[int]:
    """Refuse memory to a step of writing with more rows than there is room for; note the rows of each."""
    rows: list[int] = []
    step = DecoderReader.step

    def limited_step(reader: DecoderReader, tokens: Any) -> Any:
        rows.append(len(tokens))
        if len(tokens) > room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 9 bytes")
        return step(reader, tokens)

    monkeypatch.setattr(DecoderReader, "step", limited_step)
    return rows


def test_texts_are_written_in_smaller_batches_and_are_the_same(
    model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    expected = [[each.tokens for each in samples] for samples in model.generate(PROMPTS, DRAWN)]
    rows = limit_rows(monkeypatch, 5)
    told: list[tuple[int, int]] = []
    found = model.generate(PROMPTS, DRAWN, lambda *done: told.append(done))
    assert [[each.tokens for each in samples] for samples in found] == expected
    assert 1 <= sum(count > 5 for count in rows) <= 4
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (24, 24)


def test_a_single_text_that_does_not_fit_is_an_error_that_says_its_length(
    model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    limit_rows(monkeypatch, 0)
    with pytest.raises(ModelError, match=r"one text of \d+ tokens does not fit into memory"):
        model.generate(PROMPTS, DRAWN)


LIMITED_PROCESS = """
import resource, sys
import torch
from pytest_llmcal.scoring import Request, load_model
from pytest_llmcal.scoring.running import Running

requests = [Request(str(n), f"{n} " + "Who keeps the bees? " * 6, " the miller") for n in range(1000)]
model = load_model(sys.argv[1], device="cpu", batch_tokens=1_000_000)
expected = load_model(sys.argv[1], device="cpu", batch_tokens=500).log_likelihoods(requests)
model.log_likelihoods(requests[:2])
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 40 * 2**20, resource.RLIM_INFINITY))
found = model.log_likelihoods(requests)
print(model._engine._budget.tokens, max(abs(a.total - b.total) for a, b in zip(found, expected)))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the memory of one process")
def test_a_process_that_is_refused_memory_finishes_with_a_smaller_batch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED_PROCESS, "world/gpt2"], capture_output=True, text=True, check=True, timeout=120
    )
    tokens, apart = done.stdout.split()
    assert int(tokens) < 1_000_000
    assert float(apart) < 1e-4
