"""Many gates at a glance: how far each stands from its limit, as ticks on one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_llmcal.charts.coordinates import short

WIDTH, HEIGHT = 120.0, 14.0
MIDDLE = WIDTH / 2

_REACH = 3.0  # widths of an interval; what is further away is drawn at the end
_ROOM = 3.0


@dataclass(frozen=True)
class Strip:
    """The ticks of several gates.

    Attributes
    ----------
    ticks : tuple of (str, str)
        Tone and SVG path data of the gates of that tone.
    wrong : int
        How many stand on the wrong side of their limit.
    """

    ticks: tuple[tuple[str, str], ...]
    wrong: int


def strip_of(places: Iterable[tuple[str, float]]) -> Strip:
    """Place gates by tone and by how far on the right side of its limit each lies, in widths of its interval."""
    at: dict[str, dict[str, None]] = {}
    wrong = 0
    for tone, slack in places:
        wrong += slack < 0
        at.setdefault(tone, {})[short(x(slack))] = None  # ticks in one place look like one
    return Strip(tuple((tone, "".join(f"M{place} 2v10" for place in places)) for tone, places in at.items()), wrong)


def x(slack: float) -> float:
    """Return where a gate stands from left, the wrong side, to right."""
    return MIDDLE + (MIDDLE - _ROOM) * min(max(slack / _REACH, -1.0), 1.0)
