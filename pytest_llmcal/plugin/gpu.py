"""Gates that need a CUDA device."""

from __future__ import annotations

import pytest

from pytest_llmcal.plugin.markers import gpu_memory
from pytest_llmcal.plugin.stash import SETTINGS


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail on demand, a test whose marker asks for a GPU that is not there."""
    memory = gpu_memory(item)
    if memory is not None:
        require_gpu(item.config, memory)


def require_gpu(config: pytest.Config, memory_gib: float) -> None:
    """Skip the test, or fail it on demand, unless models of this run can live on a CUDA device of this size."""
    lack = _lack(config.stash[SETTINGS].device, memory_gib)
    if lack is None:
        return
    if config.stash[SETTINGS].require_gpu:
        pytest.fail(f"{lack}, and --llmcal-require-gpu was given", pytrace=False)
    pytest.skip(lack)


def _lack(device: str, memory_gib: float) -> str | None:
    if device not in ("auto", "sharded") and not device.startswith("cuda"):
        return f"the gate needs a CUDA device, and --llmcal-device is {device}"
    from pytest_llmcal.scoring.devices import cuda_memory_gib

    available = cuda_memory_gib(device)
    if available is None:
        return "the gate needs a CUDA device, and there is none"
    if available < memory_gib:
        return f"the gate needs a CUDA device with {memory_gib:g} GiB, and this one has {available:.1f} GiB"
    return None
