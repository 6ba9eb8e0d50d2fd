"""Small models run on one thread; nothing outside of the scorer notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from pytest_llmcal import load_model
from pytest_llmcal.scoring import Request
from pytest_llmcal.scoring.devices import SMALL, threads_for


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_small_model_runs_on_one_thread_and_a_large_one_on_all() -> None:
    with threads_for(SMALL - 1):
        assert torch.get_num_threads() == 1
    with threads_for(SMALL):
        assert torch.get_num_threads() == 2


def test_threads_are_put_back_after_an_error() -> None:
    with pytest.raises(RuntimeError, match="out of order"), threads_for(1):
        raise RuntimeError("out of order")
    assert torch.get_num_threads() == 2


def test_scoring_the_embedded_model_uses_one_thread_and_leaves_two() -> None:
    seen: dict[int, int] = {}
    model = load_model("world/gpt2", device="cpu")
    model.log_likelihoods(
        [Request("1", "Who keeps", " bees")], lambda done, _: seen.update({done: torch.get_num_threads()})
    )
    assert seen[1] == 1
    assert torch.get_num_threads() == 2
