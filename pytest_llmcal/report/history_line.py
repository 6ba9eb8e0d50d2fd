"""One measurement over many runs, as coordinates of a small line."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_llmcal.history.comparing import IMPROVED, WORSE, Change
from pytest_llmcal.history.timeline import Series
from pytest_llmcal.report import numbers

WIDTH, HEIGHT = 360.0, 84.0
"""Of the drawing, in its own units."""

LEFT, RIGHT, TOP, BOTTOM = 46.0, WIDTH - 10.0, 10.0, HEIGHT - 12.0

_ROOM = 0.08  # of the span, kept free at both ends
_FARTHEST = 3.0  # spans that an axis may be stretched to for its limit
_LARGEST = 1e100  # what is beyond is drawn at the end, as infinity is


@dataclass(frozen=True)
class Mark:
    """One run's point.

    Attributes
    ----------
    run : int
        Index of the run.
    x, y, low, high : float
        Where the point lies, and the ends of its interval.
    shape : {"steady", "worse", "improved"}
        What the step to it was.
    """

    run: int
    x: float
    y: float
    low: float
    high: float
    shape: str


@dataclass(frozen=True)
class Line:
    """Everything that is drawn of one series.

    Attributes
    ----------
    marks : tuple of Mark
        The points.
    path : str
        Straight lines through the points, with a gap where items or runs in between are missing.
    limit : float or None
        Where the limit of the last run lies; None where it is so far away that nothing else could be seen.
    low_text, high_text : str
        What is written at the ends of the axis.
    """

    marks: tuple[Mark, ...]
    path: str
    limit: float | None
    low_text: str
    high_text: str


def line_of(series: Series, runs: int) -> Line:
    """Place a series on axes of its own: runs from left to right, the interval of each from bottom to top."""
    records = [point.record for point in series.points]
    limit = records[-1].limit if records[-1].relation != "not_worse_than" else None
    values = [value for record in records for value in (record.low, record.estimate, record.high)]
    low, high = _span(values)
    if limit is not None and _is_near(limit, low, high):
        low, high = _span([*values, limit])
    else:
        limit = None

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def across(run: int) -> float:
        return round(LEFT + (RIGHT - LEFT) * ((run + 0.5) / runs), 1)

    marks = tuple(
        Mark(
            point.run,
            across(point.run),
            at(r.estimate),
            at(r.low),
            at(r.high),
            _shape(point.step),
        )
        for point, r in zip(series.points, records, strict=True)
    )
    joined = (i > 0 and not series.points[i].note for i in range(len(marks)))
    path = "".join(f"{'L' if joins else 'M'}{mark.x} {mark.y}" for mark, joins in zip(marks, joined, strict=True))
    return Line(marks, path, None if limit is None else at(limit), numbers.limit(low), numbers.limit(high))


def _shape(step: Change | None) -> str:
    return {WORSE: "worse", IMPROVED: "improved"}.get("" if step is None else step.verdict, "steady")


def _is_near(limit: float, low: float, high: float) -> bool:
    return max(high, limit) - min(low, limit) <= _FARTHEST * (high - low)


def _span(values: Iterable[float]) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value) and abs(value) <= _LARGEST]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - (abs(low) / 10 or 0.5), high + (abs(high) / 10 or 0.5)
    room = (high - low) * _ROOM
    return (0.0 if 0.0 <= low < 2 * room else low - room), high + room
