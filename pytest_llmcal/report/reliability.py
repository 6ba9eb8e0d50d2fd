"""The reliability diagram: accuracy against confidence, as coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmcal.measurement import Bin
from pytest_llmcal.records import Record
from pytest_llmcal.report import numbers

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
    line, inside, outside : str
        The curve through the bins; its points within the band and outside of it.
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
    inside: str
    outside: str
    before: str
    counts: str
    fullest: int
    items: int
    bins: tuple[Bin, ...]
    strays: int

    def describe(self) -> str:
        """Say in words what the picture shows, bin by bin."""
        return "; ".join(
            f"{numbers.count(entry.count)} at confidence {entry.confidence:.2f}: {entry.accuracy:.2f} right"
            for entry in self.bins
        )


def diagram_of(record: Record) -> Diagram | None:
    """Place a record's curve, or return None where it has none."""
    curve = record.curve
    if not curve:
        return None
    strays = [entry for entry in curve if is_outside(entry)]
    fullest = max(entry.count for entry in curve)
    return Diagram(
        band=_rectangles((x(b.low), y(b.band_high), x(b.high), y(b.band_low)) for b in curve),
        line=_polyline(curve),
        inside="".join(_dot(entry, fullest) for entry in curve if not is_outside(entry)),
        outside="".join(_diamond(entry, fullest) for entry in strays),
        before=_polyline(record.before),
        counts=_bars(curve, fullest),
        fullest=fullest,
        items=sum(entry.count for entry in curve),
        bins=curve,
        strays=len(strays),
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
        f"M{left:.4g} {top:.4g}H{right:.4g}V{bottom:.4g}H{left:.4g}z" for left, top, right, bottom in corners
    )


def _polyline(curve: Sequence[Bin]) -> str:
    return "".join(f"{'L' if index else 'M'}{_place(entry)}" for index, entry in enumerate(curve))


def _radius(entry: Bin, fullest: int) -> float:
    # Areas, not widths, tell the counts: a bin of few items is noisy and should not catch the eye.
    return 2 + 3 * math.sqrt(entry.count / fullest)


def _dot(entry: Bin, fullest: int) -> str:
    r = f"{_radius(entry, fullest):.2g}"
    return f"M{_place(entry)}m-{r} 0a{r} {r} 0 1 0 {float(r) * 2:.3g} 0a{r} {r} 0 1 0-{float(r) * 2:.3g} 0"


def _diamond(entry: Bin, fullest: int) -> str:
    r = f"{_radius(entry, fullest) + 0.8:.2g}"
    return f"M{_place(entry)}m0-{r}l{r} {r}-{r} {r}-{r}-{r}z"


def _place(entry: Bin) -> str:
    return f"{x(entry.confidence):.4g} {y(entry.accuracy):.4g}"
