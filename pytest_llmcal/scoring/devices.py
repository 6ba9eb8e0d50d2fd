"""Where a model runs, and in which precision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pytest_llmcal.scoring.protocol import ModelError

DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}


def choose_device(name: str) -> torch.device:
    """Find the device that a name means.

    Parameters
    ----------
    name : str
        ``"auto"`` (CUDA where there is one, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.

    Raises
    ------
    ModelError
        No such device is known, or this machine has none.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    device = named_device(name)
    if device.type == "cuda":
        _check_cuda(name, device.index)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ModelError("device 'mps' was asked for, and PyTorch finds none here; allowed are auto and cpu")
    return device


def named_device(name: str) -> torch.device:
    """Read the name of a device, whether or not this machine has it.

    Parameters
    ----------
    name : str
        As for `choose_device`, except ``"auto"``.

    Raises
    ------
    ModelError
        No such device is known.

    Examples
    --------
    >>> named_device("cuda:1")
    device(type='cuda', index=1)
    """
    if not re.fullmatch(r"cpu|cuda(:\d+)?|mps", name):
        raise ModelError(f"unknown device {name!r}; allowed are auto, cpu, cuda, cuda:N and mps")
    return torch.device(name)


def _check_cuda(name: str, index: int | None) -> None:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise ModelError(
            f"device {name!r} was asked for, and PyTorch finds no CUDA device here; allowed are auto and cpu"
        )
    if index is not None and index >= count:
        raise ModelError(f"device {name!r} was asked for, and this machine has cuda:0 to cuda:{count - 1}")


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Find the precision that a name means.

    Parameters
    ----------
    name : str
        ``"auto"`` (bfloat16 on a CUDA device that computes in it, else float32), or one of `DTYPES`.
    device : torch.device

    Raises
    ------
    ModelError
        No such precision is known.

    Examples
    --------
    >>> choose_dtype("auto", torch.device("cpu"))
    torch.float32
    """
    if name == "auto":
        # older devices only emulate it
        fast = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
        return torch.bfloat16 if fast else torch.float32
    if name not in DTYPES:
        raise ModelError(f"unknown dtype {name!r}; allowed are auto, {', '.join(DTYPES)}")
    return DTYPES[name]


SMALL = 5_000_000
"""Weights below which a model is run by one thread of the CPU."""


@contextmanager
def threads_for(parameters: int) -> Iterator[None]:
    """Run a small model on one thread for the span of a ``with`` block, and put things back as they were.

    Its operations take microseconds, after each of which threads wait for one another. On an idle
    machine a second thread made the embedded model 1.6 times faster; beside one busy process it made
    it 3 to 20 times slower.

    Parameters
    ----------
    parameters : int
        Number of the model's weights.
    """
    before = torch.get_num_threads()
    if parameters < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
