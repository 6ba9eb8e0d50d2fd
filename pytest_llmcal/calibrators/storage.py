"""Fitted calibrators as JSON: nothing that is loaded can run code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_llmcal.calibrators.errors import CalibratorError

SCHEMA = 1
_FILE = "calibrator.json"


def write(folder: str | Path, name: str, learnt: Mapping[str, Any]) -> None:
    """Write what a calibrator has learnt; the folder is made if it is not there."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"schema": SCHEMA, "calibrator": name, "learnt": learnt}, indent=1, allow_nan=False)
    (path / _FILE).write_text(text + "\n", encoding="utf-8")


def read(folder: str | Path, name: str) -> Mapping[str, Any]:
    """Return what a calibrator of this name has learnt.

    Raises
    ------
    CalibratorError
        If there is no such file, or it is of another schema or another calibrator.
    """
    path, data = _parsed(folder)
    if data["calibrator"] != name:
        raise CalibratorError(f"{path}: holds the calibrator {data['calibrator']!r}, not {name!r}")
    if not isinstance(data.get("learnt"), dict):
        raise CalibratorError(f"{path}: has no 'learnt' values")
    learnt: Mapping[str, Any] = data["learnt"]
    return learnt


def read_name(folder: str | Path) -> str:
    """Return the name of the calibrator that a folder holds."""
    return str(_parsed(folder)[1]["calibrator"])


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
