"""Which program wrote a file of scores."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.json_lines import json_lines

Kind = Literal["lm_eval", "inspect", "table"]


def kind_of(path: Path) -> Kind:
    """Tell by a file's name, and of JSON Lines by its first line, what it is.

    Raises
    ------
    ScoresError
        If it is none of them, missing or empty; the text says what is read.

    Examples
    --------
    >>> kind_of(Path("logs/2031-04-05_arc.eval"))
    'inspect'
    """
    name = path.name.removesuffix(".gz")
    if name.endswith((".eval", ".json")):
        return "inspect"
    if name.endswith((".csv", ".parquet")):
        return "table"
    if not name.endswith(".jsonl"):
        raise ScoresError(
            f"{path}: cannot tell its kind; read are lm_eval's samples_*.jsonl, Inspect's .eval and .json, and tables "
            "named .csv, .jsonl or .parquet"
        )
    if not path.is_file():
        raise ScoresError(f"{path}: no such file")
    first = next(json_lines(path), None)
    if first is None:
        raise ScoresError(f"{path}: empty; expected one item a line")
    if "resps" in first.values or "doc_id" in first.values:
        return "lm_eval"
    if "confidence" in first.values:
        return "table"
    raise ScoresError(
        f"{first.place}: neither lm_eval's samples, which have 'doc_id' and 'resps', nor a table of scores, which has "
        f"'confidence'; its columns are {', '.join(map(repr, first.values))}"
    )
