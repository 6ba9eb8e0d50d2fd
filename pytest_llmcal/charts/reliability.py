"""The reliability diagram: accuracy against confidence, and how many answers have which, as coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_llmcal.charts.coordinates import polyline, rectangles, short

SIDE = 256.0
"""Side of the square in which one is 100% sure and 100% right, in the drawing's own units."""

LEFT, TOP = 36.0, 8.0
COUNTS_TOP, COUNTS_HEIGHT = TOP + SIDE + 14, 56.0

_LEAST_BAR = 0.75  # a bin of one item stays visible beside a bin of a million


class Bin(Protocol):
    """What is drawn of a bin of confidence; ``measurement.Bin`` says what each number is."""

    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def count(self) -> int: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102
    @property
    def accuracy(self) -> float: ...  # noqa: D102
    @property
    def band_low(self) -> float: ...  # noqa: D102
    @property
    def band_high(self) -> float: ...  # noqa: D102


class Pool(Protocol):
    """What is drawn of a level stretch of the rising curve; ``measurement.Pool`` says what each number is."""

    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def accuracy(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Diagram:
    """Everything that is drawn of one curve, as SVG path data.

    Attributes
    ----------
    band : str
        Where a calibrated model's accuracy would lie, bin by bin.
    line : str
        The rising curve that is nearest to the answers (CORP); where it is not known, the line through the bins.
    points : tuple of (str, str)
        Class and path of the points: within the band and outside of it, by size.
    before : str
        The curve before calibration; empty where there was none.
    right, wrong : str
        A bar for each bin, as high as its share of the fullest bin; the wrong answers stand on the right ones.
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
    right: str
    wrong: str
    fullest: int
    items: int
    bins: tuple[Bin, ...]
    strays: int


def diagram_of(curve: Sequence[Bin], before: Sequence[Bin] = (), pools: Sequence[Pool] = ()) -> Diagram | None:
    """Place a reliability curve, or return None where there is none.

    Parameters
    ----------
    curve, before : sequence of Bin
        By rising confidence, now and before calibration.
    pools : sequence of Pool
        The CORP curve, by rising confidence.
    """
    if not curve:
        return None
    fullest = max(entry.count for entry in curve)
    right, wrong = zip(*(_bars(entry, fullest) for entry in curve), strict=True)
    return Diagram(
        band=rectangles((round(x(b.low)), y(b.band_high), round(x(b.high)), y(b.band_low)) for b in curve),
        line=_steps(pools) if pools else _through(curve),
        points=_points(curve, fullest),
        before=_through(before),
        right=rectangles(right),
        wrong=rectangles(bar for bar in wrong if bar[1] < bar[3]),
        fullest=fullest,
        items=sum(entry.count for entry in curve),
        bins=tuple(curve),
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


Corners = tuple[float, float, float, float]


def _bars(entry: Bin, fullest: int) -> tuple[Corners, Corners]:
    """Return the bar of a bin's right answers and, on top of it, that of its wrong ones."""
    bottom = COUNTS_TOP + COUNTS_HEIGHT
    left, right = round(x(entry.low)) + 0.5, round(x(entry.high)) - 0.5
    height = max(COUNTS_HEIGHT * entry.count / fullest, _LEAST_BAR)
    middle = bottom - height * entry.accuracy
    return (left, middle, right, bottom), (left, bottom - height, right, middle)


def _through(curve: Sequence[Bin]) -> str:
    return polyline((x(entry.confidence), y(entry.accuracy)) for entry in curve)


def _steps(pools: Sequence[Pool]) -> str:
    return "".join(
        f"{'L' if place else 'M'}{short(x(pool.low))} {short(y(pool.accuracy))}H{short(x(pool.high))}"
        for place, pool in enumerate(pools)
    )


def _points(curve: Sequence[Bin], fullest: int) -> tuple[tuple[str, str], ...]:
    # Lines of next to no length, whose caps CSS draws as dots and, at 45 degrees, as diamonds: a
    # report of thousands of curves stays small.
    paths: dict[str, str] = {}
    for entry in curve:
        kind, line = ("stray", "l.1.1") if is_outside(entry) else ("point", "h0")
        name = f"{kind} {_size(entry, fullest)}"
        paths[name] = paths.get(name, "") + f"M{short(x(entry.confidence))} {short(y(entry.accuracy))}{line}"
    return tuple(paths.items())


def _size(entry: Bin, fullest: int) -> str:
    """Return how heavy a point is drawn: a bin of few items is noisy and should not catch the eye."""
    share = entry.count / fullest
    return "small" if share < 0.05 else "medium" if share < 0.4 else "large"
