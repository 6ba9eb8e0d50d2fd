"""Many runs in a row: each measurement over time, and the steps that are larger than noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pytest_llmcal.history.comparing import Change, compare
from pytest_llmcal.history.errors import ComparisonError
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.history.keys import Key, key_of
from pytest_llmcal.records import Record

OTHER_ITEMS = "other items"
"""What stands in the place of a step between two measurements that cannot be compared."""


@dataclass(frozen=True, eq=False)
class Point:
    """One measurement of a series.

    Attributes
    ----------
    run : int
        Index of the run.
    record : Record
        What was recorded.
    step : Change or None
        The change since the run before; None where that did not measure it, or other items.
    note : str
        Why there is no step though there are two measurements; empty otherwise.
    """

    run: int
    record: Record
    step: Change | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Series:
    """A measurement of one gate over all runs.

    Attributes
    ----------
    nodeid : str
        The gate.
    key : Key
        What is measured.
    points : tuple of Point
        One for each run that has it, the earliest first.
    """

    nodeid: str
    key: Key
    points: tuple[Point, ...]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Runs in the order in which they started.

    Attributes
    ----------
    names : tuple of str
        What to call each run.
    runs : tuple of Kept
        The runs.
    series : tuple of Series
        By gate.
    level : float
        Of the intervals, and, for each run beside the one before it, of all steps together.
    """

    names: tuple[str, ...]
    runs: tuple[Kept, ...]
    series: tuple[Series, ...]
    level: float


def timeline(runs: Iterable[tuple[str, Kept]], *, level: float = 0.95) -> Timeline:
    """Put runs in a row and compare each with the one before it, as ``compare`` does.

    Parameters
    ----------
    runs : iterable of (str, Kept)
        Names and runs, at least one, in any order.
    level : float
        Level of the intervals.

    Raises
    ------
    ComparisonError
        If there is no run.
    """
    ordered = sorted(runs, key=lambda entry: (entry[1].run.started, entry[0]))
    if not ordered:
        raise ComparisonError("there is no run to show; name a folder of baselines, or the files of runs")
    names, kept = zip(*ordered, strict=True)
    steps = [_steps(old, new, level) for old, new in pairwise(kept)]
    places: dict[tuple[str, Key], list[Point]] = {}
    for index, run in enumerate(kept):
        for (nodeid, key), record in _first_records(run).items():
            points = places.setdefault((nodeid, key), [])
            points.append(_point(index, record, (nodeid, key), points, steps))
    series = (Series(nodeid, key, tuple(points)) for (nodeid, key), points in sorted(places.items(), key=repr))
    return Timeline(names, kept, tuple(series), level)


Steps = dict[tuple[str, Key], Change]


def _steps(old: Kept, new: Kept, level: float) -> Steps | str:
    """Return the changes between two runs; of runs that cannot be compared, why."""
    try:
        compared = compare(old, new, level=level, skip_other_data=True)
    except ComparisonError as error:
        return str(error)
    return {(nodeid, key_of(change.now)): change for change in reversed(compared.changes) for nodeid in change.gates}


def _first_records(kept: Kept) -> dict[tuple[str, Key], Record]:
    found: dict[tuple[str, Key], Record] = {}
    for gate in kept.run.gates:
        for record in gate.records:
            found.setdefault((gate.nodeid, key_of(record)), record)
    return found


def _point(
    index: int, record: Record, place: tuple[str, Key], before: Sequence[Point], steps: Sequence[Steps | str]
) -> Point:
    if not before:
        return Point(index, record)
    last = before[-1]
    if last.record.data != record.data:
        return Point(index, record, None, OTHER_ITEMS)
    if last.run != index - 1:
        return Point(index, record, None, "not measured in the run before")
    changes = steps[index - 1]
    return Point(index, record, None if isinstance(changes, str) else changes.get(place))
