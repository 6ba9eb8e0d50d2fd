"""Files of text, one row a line, with errors that name file and line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from pytest_llmcal.scores.errors import ScoresError


class Line(NamedTuple):
    """One row with its place."""

    place: str
    values: Mapping[str, Any]


@contextmanager
def opened_text(path: Path) -> Iterator[TextIO]:
    """Open a text file, perhaps a packed one."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise ScoresError(f"{path}: cannot be read as text: {error}") from None


def json_lines(path: Path) -> Iterator[Line]:
    """Read one object a line.

    Raises
    ------
    ScoresError
        If a line is no JSON, or no object.
    """
    with opened_text(path) as file:
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            place = f"{path}:{number}"
            try:
                row = json.loads(text)
            except json.JSONDecodeError as error:
                cut = "" if text.endswith("\n") else "; the line does not end, so the file may have been cut off"
                raise ScoresError(f"{place}: not JSON: {error}{cut}") from None
            if not isinstance(row, dict):
                raise ScoresError(f"{place}: a line must hold an object with the columns, got {text.strip()[:60]}")
            yield Line(place, row)
