"""The risk-coverage curve: how often the surest answers are wrong, as coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.charts.coordinates import polyline, short
from pytest_llmcal.measurement import Risk
from pytest_llmcal.report import numbers

WIDTH, HEIGHT = 256.0, 128.0
LEFT, TOP = 36.0, 8.0

_SPOKEN = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Coverage:
    """Everything that is drawn of one curve.

    Attributes
    ----------
    line : str
        The curve as SVG path data.
    whole : str
        A level line: the risk of all answers.
    highest : float
        The risk at the top of the drawing; it begins at zero.
    words : str
        The curve in words.
    """

    line: str
    whole: str
    highest: float
    words: str


def coverage_of(risks: Sequence[Risk]) -> Coverage | None:
    """Place a risk-coverage curve, by rising coverage; None where there is none."""
    if not risks:
        return None
    highest = _round_up(max(entry.risk for entry in risks))

    def y(risk: float) -> float:
        return TOP + HEIGHT * (1 - risk / highest)

    return Coverage(
        line=polyline((LEFT + WIDTH * entry.coverage, y(entry.risk)) for entry in risks),
        whole=f"M{short(LEFT)} {short(y(risks[-1].risk))}H{short(LEFT + WIDTH)}",
        highest=highest,
        words=", ".join(_spoken(risks, share) for share in _SPOKEN),
    )


def _spoken(risks: Sequence[Risk], share: float) -> str:
    nearest = min(risks, key=lambda entry: abs(entry.coverage - share))
    return f"{numbers.percent(round(nearest.risk, 4))} at {numbers.percent(round(nearest.coverage, 2))}"


def _round_up(risk: float) -> float:
    """Return the next tenth, so that curves can be compared by eye; a twentieth where all is below."""
    return 0.05 if risk <= 0.05 else math.ceil(risk * 10 - 1e-9) / 10
