"""What can be asked of CUDA before a model is loaded."""

from __future__ import annotations

import torch

from pytest_llmcal.scoring.devices import named_device

GIB = 2**30


def cuda_memory_gib(device: str) -> float | None:
    """Return the memory of a CUDA device in GiB, None where there is no such device.

    Parameters
    ----------
    device : str
        ``"auto"`` and ``"cuda"`` mean the first one, ``"cuda:1"`` the second.

    Raises
    ------
    ModelError
        No such device is known.

    Examples
    --------
    >>> cuda_memory_gib("cpu") is None
    True
    """
    place = named_device("cuda" if device == "auto" else device)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if place.type != "cuda" or (place.index or 0) >= count:
        return None
    return float(torch.cuda.get_device_properties(place.index or 0).total_memory) / GIB
