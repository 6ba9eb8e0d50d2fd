"""Where a model runs, and in which precision."""

from __future__ import annotations

import re
from typing import Any

import torch

from pytest_llmcal.scoring.accelerator import SHARDED
from pytest_llmcal.scoring.protocol import ModelError

DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}


GIB = 2**30


def choose_device(name: str) -> torch.device:
    """Find the device that a name means.

    Parameters
    ----------
    name : str
        ``"auto"`` (CUDA where there is one, else the CPU), ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or
        ``"sharded"``, of which the first device is given.

    Raises
    ------
    ModelError
        No such device is known, or this machine has none.

    Examples
    --------
    >>> choose_device("cpu")
    device(type='cpu')
    """
    if name in ("auto", SHARDED):
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    device = _named(name)
    if device.type == "cuda":
        count = cuda_count()
        if count == 0:
            raise ModelError(
                f"device {name!r} was asked for, and PyTorch finds no CUDA device here; allowed are auto and cpu"
            )
        if (device.index or 0) >= count:
            raise ModelError(f"device {name!r} was asked for, and this machine has cuda:0 to cuda:{count - 1}")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ModelError("device 'mps' was asked for, and PyTorch finds none here; allowed are auto and cpu")
    return device


def cuda_memory_gib(name: str) -> float | None:
    """Return the memory of a CUDA device in GiB, None where there is no such device.

    Parameters
    ----------
    name : str
        As for `choose_device`. ``"auto"`` and ``"cuda"`` mean the first one, ``"sharded"`` all of them together.

    Raises
    ------
    ModelError
        No such device is known.

    Examples
    --------
    >>> cuda_memory_gib("cpu") is None
    True
    """
    asked = list(range(cuda_count()))
    if name != SHARDED:
        place = _named("cuda" if name == "auto" else name)
        asked = [index for index in asked if place.type == "cuda" and index == (place.index or 0)]
    sizes = [torch.cuda.get_device_properties(index).total_memory / GIB for index in asked]
    return sum(sizes) if sizes else None


def _named(name: str) -> torch.device:
    if not re.fullmatch(r"cpu|cuda(:\d+)?|mps", name):
        raise ModelError(f"unknown device {name!r}; allowed are auto, cpu, cuda, cuda:N, mps and {SHARDED}")
    return torch.device(name)


def cuda_count() -> int:
    """Count the CUDA devices that torch can use."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def input_device(model: Any) -> torch.device:
    """Return the device that a model's token ids are put on: that where its input embedding is computed.

    Of a sharded model the weights may wait elsewhere than where they are used: ``model.device`` would then name
    a place where nothing is computed.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    """
    embedding = model.get_input_embeddings()
    hook = getattr(embedding, "_hf_hook", None)  # accelerate's, which brings weights and inputs together
    place = getattr(hook, "execution_device", None)
    return embedding.weight.device if place is None else torch.device(place)


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
