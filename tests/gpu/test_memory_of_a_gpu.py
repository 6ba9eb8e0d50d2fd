"""A batch too large for the GPU is made smaller, and a model that is done leaves nothing behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pytest_llmcal import load_model
from pytest_llmcal.scoring import Request
from tests.gpu.asking import largest_difference, requests

pytestmark = pytest.mark.gpu

MIB = 2**20


@pytest.fixture
def little_memory(cuda: str) -> Iterator[str]:
    """Let this process have 96 MiB of the GPU beyond what it has: cuBLAS alone takes up to 32 for itself."""
    import torch

    whole = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved(0) + 96 * MIB) / whole, 0)
    yield cuda
    torch.cuda.set_per_process_memory_fraction(1.0, 0)
    torch.cuda.empty_cache()


def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_every_answer_is_right(little_memory: str) -> None:
    import torch

    few = requests(limit=250)
    # Contexts that begin apart, so that nothing of them can be shared.
    asked = [
        Request(f"{copy}-{request.item}", f"{copy} {request.context}", request.continuation)
        for copy in range(40)
        for request in few
    ]
    before = torch.cuda.memory_stats(0).get("num_ooms", 0)
    model = load_model("world/gpt2", device=little_memory, dtype="float32", batch_tokens=10**9)
    answers = model.log_likelihoods(asked)
    assert torch.cuda.memory_stats(0).get("num_ooms", 0) > before, "the memory was enough, so nothing was tried"
    small = load_model("world/gpt2", device="cpu", dtype="float32")
    places = range(0, len(asked), 97)
    expected = small.log_likelihoods([asked[place] for place in places])
    assert largest_difference([answers[place] for place in places], expected) < 1e-4


def test_of_two_models_in_turn_the_first_is_gone_before_the_second_comes(cuda: str) -> None:
    import torch

    asked = requests(limit=50)
    held, left = [], []
    # The first turn shows what the libraries keep for themselves from the first product on.
    for name in ("world/gpt2", "world/gpt2", "world/gpt2-overfit"):
        model = load_model(name, device=cuda)
        model.log_likelihoods(asked)
        held.append(torch.cuda.memory_allocated(0))
        model.close()
        del model
        gc.collect()
        left.append(torch.cuda.memory_allocated(0))
    assert left == [left[0]] * 3
    assert held[1] - left[0] > 100_000  # the model has 200,000 weights
    assert abs(held[1] - held[2]) < MIB
