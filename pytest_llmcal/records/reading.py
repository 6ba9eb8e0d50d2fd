"""JSON as frozen dataclasses, each value checked against the annotation of its field."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pytest_llmcal.records.errors import RunError

Built = TypeVar("Built")
Reader = Callable[[Any, str], Any]


def parsed(text: str, source: str) -> Any:
    """Parse JSON text.

    Raises
    ------
    RunError
        If it is none; the text names the ``source``.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{source}: not JSON: {error}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def built(kind: type[Built], data: Any, where: str) -> Built:
    """Build a dataclass from parsed JSON.

    Raises
    ------
    RunError
        If something does not fit; the text names its place, which starts with ``where``.
    """
    if not isinstance(data, dict):
        raise RunError(f"{where}: expected an object with the fields of a {kind.__name__}, got {data!r}")
    fields = _fields(kind)  # type: ignore[arg-type]  # every class is hashable
    for name in data:
        if name not in fields:
            raise RunError(f"{where}: unknown field {name!r} of a {kind.__name__}; known are {sorted(fields)}")
    values = {name: fields[name](value, f"{where}.{name}") for name, value in data.items()}
    try:
        return kind(**values)
    except (TypeError, RunError) as error:
        raise RunError(f"{where}: {error}") from None


@cache
def _fields(kind: type[Any]) -> Mapping[str, Reader]:
    return {name: _reader(annotation) for name, annotation in get_type_hints(kind).items()}


def _reader(annotation: Any) -> Reader:
    """Return how a value is read, by the annotation of its field."""
    if annotation in _READERS:
        return _READERS[annotation]
    if is_dataclass(annotation) and isinstance(annotation, type):
        return lambda value, where: built(annotation, value, where)
    inner = get_args(annotation)
    if get_origin(annotation) is tuple:
        return _many(_reader(inner[0]))
    if len(inner) == 2 and inner[1] is NoneType:
        return _or_null(_reader(inner[0]))
    raise TypeError(f"a run cannot hold values of the type {annotation}")


def _many(read: Reader) -> Reader:
    def build(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise RunError(f"{where}: expected a list, got {value!r}")
        return tuple(read(entry, f"{where}[{index}]") for index, entry in enumerate(value))

    return build


def _exactly(kind: type[Any], name: str) -> Reader:
    def read(value: Any, where: str) -> Any:
        if type(value) is not kind:  # a bool is an int to isinstance
            raise RunError(f"{where}: expected {name}, got {value!r}")
        return value

    return read


def _or_null(read: Reader) -> Reader:
    return lambda value, where: None if value is None else read(value, where)


def _number(value: Any, where: str) -> float:
    if type(value) in (int, float) or value in ("inf", "-inf"):
        return float(value)
    raise RunError(f'{where}: expected a number, "inf" or "-inf", got {value!r}')


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RunError(f"{where}: expected an object of strings, got {value!r}")
    return {name: _text(inner, f"{where}.{name}") for name, inner in value.items()}


_text = _exactly(str, "a string")

_READERS: Mapping[Any, Reader] = {
    bool: _exactly(bool, "true or false"),
    int: _exactly(int, "an integer"),
    float: _number,
    str: _text,
    Mapping[str, str]: _texts,
}
