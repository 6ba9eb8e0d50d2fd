"""Rows of a source as they are written there, each knowing its place."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from pytest_llmcal.tasks.errors import TaskError


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes
    ----------
    values : mapping of str to object
        Value of each column.
    where : str
        File and line, or source and row, counted from one.
    made : mapping of str to object
        Values of columns that the source does not have, by the template that made each.
    """

    values: Mapping[str, Any]
    where: str
    made: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Any:
        """Value of a column; ``"choices.text"`` reaches into a nested one."""
        for columns in (self.values, self.made):
            if column in columns:
                return columns[column]
        value: Any = self.values
        for part in column.split("."):
            if not isinstance(value, Mapping) or part not in value:
                self.refuse(column, f"there is no such column; there are {', '.join(self.values)}")
            value = value[part]
        return value

    def refuse(self, column: str, why: str) -> NoReturn:
        """Raise a `TaskError` that names this row and one of its columns."""
        raise TaskError(f"{self.where}, column {column!r}: {why}")


def read_file(path: Path) -> Sequence[Row]:
    """Read a JSONL, JSON, CSV or TSV file, ``.gz`` or not, with every value as it stands there.

    The readers of ``datasets`` are not used for these: they turn the text ``1997-01-01`` into a
    point in time, ``007`` into 7.0 and ``None`` into nothing, and do not know the line of a row.

    Raises
    ------
    TaskError
        The file is not there, empty or broken; file, line and, for JSON, column are named.
    """
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    content = read_text(path)
    if kind in ("csv", "tsv"):
        rows = list(_table(path, content, "," if kind == "csv" else "\t"))
    elif kind == "json" and content.lstrip().startswith("["):
        rows = list(_array(path, content))
    else:
        rows = list(_lines(path, content))
    if not rows:
        raise TaskError(f"{path}: the file holds no rows")
    return rows


def read_text(path: Path) -> str:
    """Text of a UTF-8 file, ``.gz`` or not."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise TaskError(f"{path}: there is no such file") from None
    except (OSError, EOFError) as error:
        raise TaskError(f"{path}: the file cannot be read: {error}") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TaskError(f"{path}, line {line}: the file is not UTF-8: byte {data[error.start]:#04x}") from None


def _lines(path: Path, content: str) -> Iterator[Row]:
    # not splitlines(): a JSON string may hold U+2028 and the like
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            yield Row(_object(path, line, number), f"{path}, line {number}")


def _object(path: Path, line: str, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        raise TaskError(f"{path}, line {number}, column {error.colno}: broken JSON: {error.msg}") from None
    if not isinstance(values, dict):
        raise TaskError(f"{path}, line {number}: a line must hold an object, it holds {_short(values)}")
    return values


def _array(path: Path, content: str) -> Iterator[Row]:
    try:
        rows = json.loads(content)
    except json.JSONDecodeError as error:
        raise TaskError(f"{path}, line {error.lineno}, column {error.colno}: broken JSON: {error.msg}") from None
    for number, values in enumerate(rows, 1):
        if not isinstance(values, dict):
            raise TaskError(f"{path}, row {number}: a row must be an object, it is {_short(values)}")
        yield Row(values, f"{path}, row {number}")


def _table(path: Path, content: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            if cells and columns is None:
                columns = cells
            elif cells and columns is not None:
                yield Row(_cells(path, begin, columns, cells), f"{path}, line {begin}")
            begin = reader.line_num + 1
    except csv.Error as error:
        raise TaskError(f"{path}, line {reader.line_num}: broken CSV: {error}") from None


def _cells(path: Path, line: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise TaskError(f"{path}, line {line}: {len(cells)} cells for the {len(columns)} columns {', '.join(columns)}")
    return dict(zip(columns, cells, strict=True))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
