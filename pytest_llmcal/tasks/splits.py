"""Which items calibrators are fitted on, and which gates are judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pytest_llmcal.tasks.description import Description
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import AnyItem, Items
from pytest_llmcal.tasks.rows import Row
from pytest_llmcal.tasks.task import Task


def by_fraction(
    items: Sequence[AnyItem], described: Description, fraction: float
) -> tuple[list[AnyItem], list[AnyItem]]:
    """Divide items into calibration and test.

    The side of an item depends on the seed and its id alone, so it keeps its side as the data grows.
    """
    calibration: list[AnyItem] = []
    test: list[AnyItem] = []
    for item in items:
        (calibration if _position(item.id, described.seed) < fraction else test).append(item)
    return calibration, test


def _position(item_id: str, seed: int) -> float:
    """Place of an id in [0, 1), uniform over ids."""
    digest = hashlib.sha256(f"{seed}\0split\0{item_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def rows_of_split(rows: Sequence[Row], column: str, split: str) -> list[Row]:
    """Rows whose split column says so.

    Raises
    ------
    TaskError
        There are none; those that there are are named.
    """
    chosen = [row for row in rows if row[column] == split]
    if not chosen:
        present = sorted({str(row[column]) for row in rows})
        rows[0].refuse(column, f"no row of the source says {split!r}; there are {', '.join(present)}")
    return chosen


def make_task(
    described: Description, calibration: Sequence[AnyItem] | None, test: Sequence[AnyItem], source: str
) -> Task:
    """Put a task together, with at most ``limit`` items of each split.

    Raises
    ------
    TaskError
        A split is empty or two of its items share an id.
    """
    return Task(
        name=described.title,
        calibration=None if calibration is None else _split(described, "calibration", calibration),
        test=_split(described, "test", test),
        source=source,
    )


def _split(described: Description, split: str, items: Sequence[AnyItem]) -> Items:
    if not items and isinstance(described.calibration, float):
        raise TaskError(
            f"task {described.title!r}: with calibration={described.calibration:.3g} no item falls into its {split} "
            f"split; give another fraction, or calibration=0 to keep all for the test"
        )
    return Items(described.title, split, tuple(items[: described.limit]), described.writing)
