"""A task described in a TOML file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from pytest_llmcal.tasks.correctness.beside import import_beside
from pytest_llmcal.tasks.description import Description, is_file_name
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.registry import registered_loader

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_description(path: Path, seed: int, limit: int | None) -> Description:
    """Read a task description file.

    Parameters
    ----------
    path : Path
        A TOML file whose keys are the parameters of `load_task`, and ``template_file``.
        Files that it names are looked for beside it, and so is the module of a correctness of one's own.
    seed : int
        Stands where the description names none.
    limit : int or None
        Stands in place of the description's.

    Returns
    -------
    Description

    Raises
    ------
    TaskError
        No such file, not TOML, an unknown key, or a value that is not allowed.
    """
    table = _parsed(path)
    known = [each.name for each in fields(Description)]
    unknown = [key for key in table if key not in (*known, "template_file")]
    if unknown:
        raise TaskError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(known)} and template_file")
    if not isinstance(table.get("source"), str):
        raise TaskError(f"{path}: the key 'source' must name a file or a dataset; it is {table.get('source')!r}")
    if registered_loader(table["source"]) is not None:
        raise TaskError(f"{path}: the source {table['source']!r} is a task by itself; ask for that")
    if "template_file" in table:
        table["template"] = _template(path, table.pop("template_file"), table)
    try:
        given: dict[str, Any] = {"name": path.stem, "seed": seed} | table
        description = Description(**given)
        if description.correctness is not None:
            import_beside(description.correctness, path.parent)
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None
    calibration = description.calibration
    return replace(
        description,
        source=_beside(path, description.source),
        calibration=_beside(path, calibration) if isinstance(calibration, str) else calibration,
        limit=description.limit if limit is None else limit,
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TaskError(f"no task description {str(path)!r}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaskError(f"{path}: not a TOML file: {error}") from None
    return table


def _template(path: Path, name: object, table: Mapping[str, Any]) -> str:
    if "template" in table:
        raise TaskError(f"{path}: template and template_file are both given; one of them is allowed")
    if not isinstance(name, str):
        raise TaskError(f"{path}: template_file is {name!r}; allowed is the name of a file")
    try:
        return (path.parent / name).read_text(encoding="utf-8")
    except OSError as error:
        raise TaskError(f"{path}: template_file {name!r} cannot be read: {error.strerror}") from None


def _beside(path: Path, name: str) -> str:
    """Take a name as that of a file beside the description where there is one, or where only a file can be meant."""
    beside = path.parent / name
    return str(beside) if beside.exists() or is_file_name(name) else name
