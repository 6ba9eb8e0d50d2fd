"""Tests that need a CUDA device; where there is none each says so and is skipped."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def cuda() -> Iterator[str]:
    """Give the first CUDA device, with exact float32 products and nothing of other tests on it."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("PyTorch finds no CUDA device here")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")  # not TF32, which keeps 10 bits
    gc.collect()
    torch.cuda.empty_cache()
    yield "cuda:0"
    torch.set_float32_matmul_precision(before)
