"""Frozen dataclasses as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from pytest_llmcal.records.errors import RunError


def plain(value: Any, where: str) -> Any:
    """Turn dataclasses, tuples and mappings into what JSON knows.

    Raises
    ------
    RunError
        If a number is NaN; the text names its place, which starts with ``where``.
    """
    if isinstance(value, float):
        if math.isnan(value):
            raise RunError(f"{where} is NaN; a run holds numbers")
        return value if math.isfinite(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, tuple):
        return [plain(inner, f"{where}[{index}]") for index, inner in enumerate(value)]
    if is_dataclass(value):
        return {name: plain(inner, f"{where}.{name}") for name, inner in vars(value).items()}
    return dict(value) if isinstance(value, Mapping) else value


def text_of(data: Mapping[str, Any]) -> str:
    """Write an object as JSON, each entry of its lists on a line of its own."""
    return "{\n" + ",\n".join(f"{_json(name)}: {_lines(value)}" for name, value in data.items()) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(map(_json, value)) + "\n]"
