"""Item scores as a Parquet file: one row an item, every number as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from pytest_llmcal.history.errors import ItemFileError
from pytest_llmcal.measurement import About
from pytest_llmcal.scores import Scores, ScoresError

SCHEMA = 2
"""Number of what is written; each number up to it is read."""
_SCHEMA_KEY = b"pytest_llmcal.items"
_LEFT_OUT_KEY = b"pytest_llmcal.left_out"
_LEFT_OUT_GROUPS_KEY = b"pytest_llmcal.left_out_groups"
_ABOUT = tuple(field.name for field in fields(About))
_LATER = {"confidence_method"}  # files that were written before lack it
# The last binary digits of logits are noise, which no dictionary shortens: splitting their bytes does a little.
_NUMBERS = ("confidence", "values.list.element")


def write_scores(scores: Sequence[Scores], path: Path) -> Path:
    """Write scores to a file, making its folder where needed, and return the path.

    Columns: ``scores`` (a number for each of them), those of ``About``, ``kind`` (``confidence``, ``logits`` or
    ``probabilities``), ``precision``, ``id``, ``cluster``, ``groups``, ``outcome``, ``confidence``, ``correct``
    (empty where correctness is graded), ``grade`` (empty where it is not), ``label`` and ``values``, the logits or
    probabilities. Which items are left out, why, and of which groups stands in the metadata of the file. What was
    before a calibrator and the true probabilities of an invented world are not kept.
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    path.parent.mkdir(parents=True, exist_ok=True)
    tables = [_table(number, one) for number, one in enumerate(scores)]
    left_out = json.dumps([dict(one.left_out) for one in scores]).encode()
    groups = json.dumps([{name: dict(its) for name, its in one.left_out_groups.items()} for one in scores]).encode()
    metadata = {_SCHEMA_KEY: str(SCHEMA).encode(), _LEFT_OUT_KEY: left_out, _LEFT_OUT_GROUPS_KEY: groups}
    table = pa.concat_tables(tables).replace_schema_metadata(metadata)
    unfinished = path.with_name(path.name + ".part")  # a crash leaves no half of a file
    pq.write_table(
        table,
        unfinished,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in {"confidence", "values", "groups", "id"}],
        column_encoding=dict.fromkeys(_NUMBERS, "BYTE_STREAM_SPLIT"),
    )
    return unfinished.replace(path)


def read_scores(path: Path) -> tuple[Scores, ...]:
    """Read scores back, each number as it was.

    Raises
    ------
    ItemFileError
        If the file holds none that this version can read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise ItemFileError(f"{path}: not a Parquet file: {error}") from None
    schema = (table.schema.metadata or {}).get(_SCHEMA_KEY)
    if schema is None:
        raise ItemFileError(f"{path}: not item scores of pytest-llmcal, it has no schema number")
    if schema not in {str(number).encode() for number in range(1, SCHEMA + 1)}:
        raise ItemFileError(
            f"{path}: item scores of schema {schema.decode()} are not supported, this version reads up to schema "
            f"{SCHEMA}; read them with the version that wrote them or a newer one, or record them anew"
        )
    try:
        return tuple(_parts(table))
    except (KeyError, ScoresError, TypeError, ValueError) as error:
        raise ItemFileError(f"{path}: not item scores of pytest-llmcal: {error}") from None


def _table(number: int, scores: Scores) -> Any:
    import pyarrow as pa

    n, choices = len(scores), scores.choices
    kind = "confidence" if choices is None else "logits" if choices.are_logits else "probabilities"
    precision = scores.confidence.dtype if choices is None else choices.values.dtype
    text = pa.dictionary(pa.int32(), pa.string())

    def same(value: str | None) -> Any:
        return pa.array([value], pa.string()).dictionary_encode().cast(text).take(pa.array(np.zeros(n, np.int32)))

    def texts(values: Sequence[str] | None) -> Any:
        return pa.nulls(n, pa.string()) if values is None else pa.array(values, pa.string())

    about = {name: getattr(scores.about, name) for name in _ABOUT if name != "in_sample"}
    return pa.table(
        {
            "scores": pa.array(np.full(n, number, np.int32)),
            **{name: same(value) for name, value in about.items()},
            "in_sample": pa.array(np.full(n, scores.about.in_sample)),
            "kind": same(kind),
            "precision": same(str(precision)),
            "id": texts(scores.ids),
            "cluster": texts(scores.clusters),
            "groups": _groups(scores),
            "confidence": pa.array(scores.confidence.astype(np.float64)),
            "outcome": pa.nulls(n, text) if scores.outcomes is None else pa.array(scores.outcomes, text),
            "correct": pa.nulls(n, pa.bool_()) if scores.is_graded else pa.array(np.asarray(scores.correct)),
            "grade": pa.array(np.asarray(scores.correct)) if scores.is_graded else pa.nulls(n, pa.float64()),
            "label": pa.nulls(n, pa.int32()) if choices is None else pa.array(choices.labels.astype(np.int32)),
            "values": _values(scores),
        }
    )


def _groups(scores: Scores) -> Any:
    import pyarrow as pa

    kind = pa.map_(pa.string(), pa.string())
    if not scores.groups:
        return pa.nulls(len(scores), kind)
    rows = zip(*scores.groups.values(), strict=True)
    return pa.array([list(zip(scores.groups, row, strict=True)) for row in rows], kind)


def _values(scores: Scores) -> Any:
    import pyarrow as pa

    if scores.choices is None:
        return pa.nulls(len(scores), pa.list_(pa.float64()))
    n, k = scores.choices.values.shape
    offsets = pa.array(np.arange(0, n * k + 1, k, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(scores.choices.values.astype(np.float64).ravel()))


def _parts(table: Any) -> Iterator[Scores]:
    number = table["scores"].to_numpy()
    left_out = json.loads(table.schema.metadata.get(_LEFT_OUT_KEY, b"null"))
    groups = json.loads(table.schema.metadata.get(_LEFT_OUT_GROUPS_KEY, b"null"))
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(number)], strict=True):
        one = _scores(table.slice(start, end - start), left_out and left_out[number[start]])
        yield one._with(left_out_groups=MappingProxyType(groups[number[start]])) if groups else one


def _scores(part: Any, left_out: Mapping[str, str] | None) -> Scores:
    first = part.slice(0, 1).to_pylist()[0]
    precision = np.dtype(first["precision"])
    same: dict[str, Any] = {
        "ids": _texts(part["id"]),
        "clusters": _texts(part["cluster"]),
        "groups": _grouped(part["groups"]),
        "about": About(**{name: first[name] for name in _ABOUT if name in first or name not in _LATER}),
    }
    if first["kind"] == "confidence":
        confidence = part["confidence"].to_numpy().astype(precision)
        graded = part["correct"].null_count > 0
        correct = part["grade" if graded else "correct"].to_numpy()
        outcomes = _texts(part["outcome"]) if "outcome" in part.column_names else None
        return Scores(confidence, correct, outcomes=outcomes, left_out=left_out, **same)
    values = part["values"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    make = Scores.from_logits if first["kind"] == "logits" else Scores.from_probabilities
    return make(values.reshape(part.num_rows, -1).astype(precision), part["label"].to_numpy(), **same)


def _texts(column: Any) -> list[str] | None:
    return None if column.null_count else column.to_pylist()


def _grouped(column: Any) -> dict[str, list[str]]:
    if column.null_count:
        return {}
    rows = [dict(row) for row in column.to_pylist()]
    return {name: [row[name] for row in rows] for name in rows[0]}
