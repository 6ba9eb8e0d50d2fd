"""Fitted calibrators as JSON and safetensors: nothing that is loaded can run code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pytest_llmcal.calibrators.errors import CalibratorError

SCHEMA = 1
_FILE = "calibrator.json"
_ARRAYS = "calibrator.safetensors"

Value = float | int | bool | str | npt.NDArray[Any]


def write(folder: str | Path, name: str, options: Mapping[str, Any], learnt: Mapping[str, Value]) -> None:
    """Write what a calibrator has learnt; the folder is made if it is not there."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    arrays = {key: np.ascontiguousarray(value) for key, value in learnt.items() if isinstance(value, np.ndarray)}
    plain = {key: value for key, value in learnt.items() if key not in arrays}
    content = {"schema": SCHEMA, "calibrator": name, "options": dict(options), "learnt": plain}
    text = json.dumps(content, indent=1, allow_nan=False)
    (path / _FILE).write_text(text + "\n", encoding="utf-8")
    save_file(arrays, path / _ARRAYS)


def read(folder: str | Path, name: str) -> tuple[Mapping[str, Any], Mapping[str, Value]]:
    """Return the options of a calibrator of this name, and what it has learnt.

    Raises
    ------
    CalibratorError
        If a file is missing or damaged, or it is of another schema or another calibrator.
    """
    path, data = _parsed(folder)
    if data["calibrator"] != name:
        raise CalibratorError(f"{path}: holds the calibrator {data['calibrator']!r}, not {name!r}")
    for part in ("options", "learnt"):
        if not isinstance(data.get(part), dict):
            raise CalibratorError(f"{path}: has no {part!r} values")
    arrays = Path(folder) / _ARRAYS
    try:
        return data["options"], {**data["learnt"], **load_file(arrays)}
    except FileNotFoundError:
        raise CalibratorError(f"{arrays}: no such file, though {_FILE} lies beside it") from None
    except SafetensorError as error:
        raise CalibratorError(f"{arrays}: not a safetensors file: {error}") from None


def read_name(folder: str | Path) -> str:
    """Return the name of the calibrator that a folder holds."""
    return str(_parsed(folder)[1]["calibrator"])


def number(learnt: Mapping[str, Value], key: str) -> float:
    """Return a finite number that was learnt.

    Raises
    ------
    KeyError, ValueError
        If there is none.
    """
    value = learnt[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise ValueError(f"{key} is {value!r}; it must be a finite number")
    return float(value)


def array(
    learnt: Mapping[str, Value], key: str, kind: str = "f8", shape: tuple[int | None, ...] = (None,)
) -> npt.NDArray[Any]:
    """Return an array of finite numbers that was learnt.

    Parameters
    ----------
    learnt : mapping
        What was read.
    key, kind : str
        Its name, and its dtype.
    shape : tuple
        Its shape; None for any length.

    Raises
    ------
    KeyError, ValueError
        If there is none of this dtype and shape.
    """
    value = learnt[key]
    fits = (
        isinstance(value, np.ndarray)
        and value.dtype == np.dtype(kind)
        and len(value.shape) == len(shape)
        and all(wanted in (None, there) for wanted, there in zip(shape, value.shape, strict=True))
    )
    if not fits or not isinstance(value, np.ndarray):
        there = f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
        raise ValueError(f"{key} is {there}; it must be {np.dtype(kind)} of shape {shape}")
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ValueError(f"{key} holds {value[~np.isfinite(value)].flat[0]}; its numbers must be finite")
    return value


def _parsed(folder: str | Path) -> tuple[Path, dict[str, Any]]:
    path = Path(folder) / _FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CalibratorError(f"{path}: no such file; a calibrator is saved there by save({str(folder)!r})") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CalibratorError(f"{path}: not JSON: {error}") from None
    if not isinstance(data, dict) or "calibrator" not in data:
        raise CalibratorError(f"{path}: not a saved calibrator")
    if data.get("schema") != SCHEMA:
        raise CalibratorError(
            f"{path}: schema {data.get('schema')!r} is not supported, this version reads schema {SCHEMA}"
        )
    return path, data
