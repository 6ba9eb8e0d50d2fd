"""Which device and precision ``load_model`` will choose, found without importing torch where that is possible."""

from __future__ import annotations

import ctypes
import sys
from importlib.metadata import version
from pathlib import Path

SHARDED = "sharded"
"""A model's layers over all CUDA devices, and what does not fit in the memory of the CPU."""

_DTYPES = ("float32", "float64", "bfloat16", "float16")


def resolved(device: str, dtype: str) -> tuple[str, str]:
    """Return device and precision by name, ``"auto"`` worked out as in ``devices``.

    Raises
    ------
    ModelError
        There is no such device here, or no such precision.

    Examples
    --------
    >>> resolved("cpu", "auto")
    ('cpu', 'float32')
    """
    on_cpu = device == "cpu" or (device == "auto" and not may_have_cuda())
    if on_cpu and dtype in ("auto", *_DTYPES):
        return "cpu", "float32" if dtype == "auto" else dtype
    from pytest_llmcal.scoring.devices import choose_device, choose_dtype

    place = choose_device(device)
    return str(place), str(choose_dtype(dtype, place)).removeprefix("torch.")


def may_have_cuda() -> bool:
    """Tell whether torch could find a CUDA device; False only where it surely finds none."""
    if sys.platform == "darwin" or version("torch").endswith("+cpu"):
        return False
    return Path("/dev/kfd").exists() or _has_driver()  # the former is AMD's, which torch calls CUDA too


def _has_driver() -> bool:
    """Try to load the driver's library, the one by which torch finds devices."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
