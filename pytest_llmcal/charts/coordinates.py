"""Coordinates as they are written in SVG: short, and never beyond what was asked."""

from __future__ import annotations

from collections.abc import Iterable


def short(coordinate: float) -> str:
    """Write a coordinate to a tenth of a unit.

    Examples
    --------
    >>> short(12.0), short(3.14159), short(-0.01)
    ('12', '3.1', '0')
    """
    return f"{round(coordinate, 1) + 0.0:g}"


def polyline(places: Iterable[tuple[float, float]]) -> str:
    """Write a line through places as SVG path data.

    Examples
    --------
    >>> polyline([(0, 1), (2, 3.25), (4, 5)])
    'M0 1L2 3.2 4 5'
    """
    written = [f"{short(x)} {short(y)}" for x, y in places]
    return f"M{written[0]}" + ("L" + " ".join(written[1:]) if written[1:] else "") if written else ""


def rectangles(corners: Iterable[tuple[float, float, float, float]]) -> str:
    """Write rectangles, each by left, top, right and bottom, as SVG path data.

    Examples
    --------
    >>> rectangles([(1, 2, 5, 9)])
    'M1 2h4v7h-4z'
    """
    return "".join(
        f"M{short(left)} {short(top)}h{short(right - left)}v{short(bottom - top)}h{short(left - right)}z"
        for left, top, right, bottom in corners
    )
