"""Scores from a file, with errors that name file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.json_lines import Line, json_lines, opened_text


class Table(NamedTuple):
    """Columns of a file of scores."""

    confidence: list[float]
    correct: list[float]
    ids: list[str] | None
    clusters: list[str] | None
    groups: dict[str, list[str]]


def read_table(path: Path) -> Table:
    """Read a table of scores.

    Raises
    ------
    ScoresError
        Naming file, line and column of the first value that is not allowed.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    reader = _READERS.get(suffixes[-1] if suffixes else "")
    if reader is None:
        raise ScoresError(
            f"{path}: cannot tell its kind; allowed are files named {', '.join(_READERS)}, or .csv.gz, .jsonl.gz"
        )
    if not path.is_file():
        raise ScoresError(f"{path}: no such file")
    rows = list(reader(path))
    if not rows:
        raise ScoresError(f"{path}: no rows; scores need at least one item")
    return _columns(rows)


def _columns(rows: list[Line]) -> Table:
    names = list(rows[0].values)
    judged = "correct" if "correct" in names else "outcome"
    for needed, there in (("confidence", "confidence" in names), ("correct", judged in names)):
        if not there:
            also = " (or 'outcome')" if needed == "correct" else ""
            there_are = ", ".join(map(repr, names))
            raise ScoresError(f"{rows[0].place}: no column {needed!r}{also}; its columns are {there_are}")
    for place, values in rows:
        if values.keys() != rows[0].values.keys():
            raise ScoresError(
                f"{place}: its columns are {', '.join(map(repr, values))}, "
                f"those of the first row {', '.join(map(repr, names))}"
            )
    _refuse_twins(rows)
    if judged == "outcome":
        rows = [_judged(line) for line in rows]
        names = list(rows[0].values)
    parsed = {name: [_parsed(line, name) for line in rows] for name in names}
    confidence, correct = parsed.pop("confidence"), parsed.pop("correct")
    return Table(confidence, correct, parsed.pop("id", None), parsed.pop("cluster", None), parsed)


def _judged(line: Line) -> Line:
    """Turn an outcome into correctness; an answer that could not be read is wrong, and nothing was sure of it."""
    outcome = str(line.values["outcome"]).strip().lower()
    if outcome not in _OUTCOMES:
        allowed = ", ".join(_OUTCOMES)
        raise ScoresError(
            f"{line.place}, column 'outcome': {line.values['outcome']!r} is not allowed; it must be one of {allowed}"
        )
    values = {name: value for name, value in line.values.items() if name != "outcome"}
    if outcome == _UNPARSEABLE:
        values["confidence"] = 0.0
    return Line(line.place, values | {"correct": outcome == "correct"})


def _refuse_twins(rows: list[Line]) -> None:
    seen: dict[Any, str] = {}
    for place, values in rows:
        identity = values.get("id")
        if identity is not None and identity in seen:
            raise ScoresError(
                f"{place}, column 'id': {identity!r} is also the id of {seen[identity]}; ids must be unique"
            )
        seen[identity] = place


def _parsed(line: Line, column: str) -> Any:
    value = line.values[column]
    parser, allowed = _PARSERS.get(column, (_text, "a text"))
    try:
        return parser(value)
    except (ValueError, TypeError, KeyError):
        raise ScoresError(f"{line.place}, column {column!r}: {value!r} is not allowed; it must be {allowed}") from None


def _probability(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not 0.0 <= number <= 1.0:  # also false for NaN
        raise ValueError
    return number


def _grade(value: Any) -> float:
    words = {"false": 0.0, "true": 1.0}
    text = str(value).strip().lower()
    return words[text] if text in words else _probability(text)


def _text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)) or value != value:  # a missing value may come as NaN
        raise TypeError
    return str(value)


_UNPARSEABLE = "unparseable"
_OUTCOMES = ("correct", "wrong", _UNPARSEABLE)

_PARSERS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "confidence": (_probability, "a number from 0 to 1"),
    "correct": (_grade, "0, 1, true or false, or graded, a number from 0 to 1"),
}


def _csv(path: Path) -> Iterator[Line]:
    with opened_text(path) as file:
        reader = csv.DictReader(file, strict=True)
        try:
            names = reader.fieldnames or []
            if len(set(names)) < len(names):
                raise ScoresError(f"{path}:1: a column name appears twice among {', '.join(map(repr, names))}")
            for row in reader:
                place = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise ScoresError(f"{place}: the row does not have {len(names)} columns like the header")
                yield Line(place, row)
        except csv.Error as error:
            raise ScoresError(f"{path}, after line {reader.line_num}: not CSV: {error}") from None


def _parquet(path: Path) -> Iterator[Line]:
    # Heavy, and only needed for this kind of file; it ships no types.
    import pyarrow  # type: ignore[import-untyped]
    import pyarrow.parquet  # type: ignore[import-untyped]

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise ScoresError(f"{path}: not a Parquet file: {error}") from None
    for number, row in enumerate(table.to_pylist(), start=1):
        yield Line(f"{path}, row {number}", row)


_READERS: Mapping[str, Callable[[Path], Iterator[Line]]] = {".csv": _csv, ".jsonl": json_lines, ".parquet": _parquet}
