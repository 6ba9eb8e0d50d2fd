"""Calibrators by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.protocol import Calibrator
from pytest_llmcal.calibrators.storage import read_name
from pytest_llmcal.calibrators.temperature import Temperature

_BY_NAME: Mapping[str, type[Calibrator]] = {Temperature.name: Temperature}


def names() -> list[str]:
    """Return the names that ``create`` knows, sorted."""
    return sorted(_BY_NAME)


def create(name: str, **options: Any) -> Calibrator:
    """Make an unfitted calibrator.

    Parameters
    ----------
    name : str
        One of ``names()``.
    **options
        Passed to its constructor.

    Raises
    ------
    CalibratorError
        If there is no calibrator of that name, or it has no such option.

    Examples
    --------
    >>> create("temperature")
    Temperature(unfitted)
    """
    kind = _kind(name)
    try:
        return kind(**options)
    except TypeError as error:
        raise CalibratorError(f"calibrator {name!r}: {error}") from None


def load(folder: str | Path) -> Calibrator:
    """Read a calibrator of whatever kind from the folder it was saved to."""
    return _kind(read_name(folder)).load(folder)


def _kind(name: str) -> type[Calibrator]:
    if name not in _BY_NAME:
        raise CalibratorError(f"there is no calibrator {name!r}; known are {', '.join(map(repr, names()))}")
    return _BY_NAME[name]
