"""The reliability diagram: accuracy against confidence, as coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmcal.measurement import Bin
from pytest_llmcal.records import Record

SIDE = 256.0
"""Side of the square in which one is 100% sure and 100% right, in the drawing's own units."""

LEFT, TOP = 36.0, 8.0
COUNTS_TOP, COUNTS_HEIGHT = TOP + SIDE + 18, 36.0


@dataclass(frozen=True)
class Diagram:
    """Everything that is drawn of one curve, as SVG path data.

    Attributes
    ----------
    band : str
        Where a calibrated model's accuracy would lie, bin by bin.
    line : str
        The curve through the bins.
    points : tuple of (str, str)
        Class and path of the points: within the band and outside of it, by size.
    before : str
        The curve before calibration; empty where there was none.
    counts : str
        A bar for each bin, as high as its share of the fullest bin.
    fullest : int
        Items in the fullest bin.
    items : int
        Items in all bins.
    bins : tuple of Bin
        What is drawn, for the table beside it.
    strays : int
        Number of bins whose accuracy lies outside the band.
    """

    band: str
    line: str
    points: tuple[tuple[str, str], ...]
    before: str
    counts: str
    fullest: int
    items: int
    bins: tuple[Bin, ...]
    strays: int


def diagram_of(record: Record) -> Diagram | None:
    """Place a record's curve, or return None where it has none."""
    curve = record.curve
    if not curve:
        return None
    fullest = max(entry.count for entry in curve)
    return Diagram(
        band=_rectangles((x(b.low), y(b.band_high), x(b.high), y(b.band_low)) for b in curve),
        line=_polyline(curve),
        points=_points(curve, fullest),
        before=_polyline(record.before),
        counts=_bars(curve, fullest),
        fullest=fullest,
        items=sum(entry.count for entry in curve),
        bins=curve,
        strays=sum(map(is_outside, curve)),
    )


def is_outside(entry: Bin) -> bool:
    """Tell whether a bin's accuracy lies outside the band of a calibrated model."""
    return not entry.band_low <= entry.accuracy <= entry.band_high


def x(confidence: float) -> float:
    """Return where a confidence lies from left to right."""
    return LEFT + SIDE * confidence


def y(accuracy: float) -> float:
    """Return where an accuracy lies from top to bottom."""
    return TOP + SIDE * (1 - accuracy)


def _bars(curve: Sequence[Bin], fullest: int) -> str:
    bottom = COUNTS_TOP + COUNTS_HEIGHT

    def bar(entry: Bin) -> tuple[float, float, float, float]:
        height = max(COUNTS_HEIGHT * entry.count / fullest, 0.75)  # a bin of one item stays visible
        return x(entry.low) + 0.5, bottom - height, x(entry.high) - 0.5, bottom

    return _rectangles(map(bar, curve))


def _rectangles(corners: Iterable[tuple[float, float, float, float]]) -> str:
    return "".join(
        f"M{_short(left)} {_short(top)}H{_short(right)}V{_short(bottom)}H{_short(left)}z"
        for left, top, right, bottom in corners
    )


def _polyline(curve: Sequence[Bin]) -> str:
    return "".join(f"{'L' if index else 'M'}{_place(entry)}" for index, entry in enumerate(curve))


def _points(curve: Sequence[Bin], fullest: int) -> tuple[tuple[str, str], ...]:
    # Lines of next to no length, whose caps CSS draws as dots and, at 45 degrees, as diamonds: a
    # report of thousands of curves stays small.
    paths: dict[str, str] = {}
    for entry in curve:
        kind, line = ("stray", "l.1.1") if is_outside(entry) else ("point", "h0")
        name = f"{kind} {_size(entry, fullest)}"
        paths[name] = paths.get(name, "") + f"M{_place(entry)}{line}"
    return tuple(paths.items())


def _size(entry: Bin, fullest: int) -> str:
    """Return how heavy a point is drawn: a bin of few items is noisy and should not catch the eye."""
    share = entry.count / fullest
    return "small" if share < 0.05 else "medium" if share < 0.4 else "large"


def _place(entry: Bin) -> str:
    return f"{_short(x(entry.confidence))} {_short(y(entry.accuracy))}"


def _short(coordinate: float) -> str:
    return f"{round(coordinate, 1):g}"
