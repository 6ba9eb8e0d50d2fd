"""How a calibrator's search went, as coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.charts.coordinates import short
from pytest_llmcal.measurement import Step
from pytest_llmcal.report import numbers

WIDTH, HEIGHT = 256.0, 64.0
LEFT, TOP = 36.0, 8.0

_LARGEST = 1e100  # what is beyond is no value to draw: differences of such overflow


@dataclass(frozen=True)
class Search:
    """Everything that is drawn of a search.

    Attributes
    ----------
    line : str
        The best value so far over the candidates tried, as SVG path data.
    words : str
        The same in words.
    """

    line: str
    words: str


def search_of(trace: Sequence[Step]) -> Search | None:
    """Place the best value that a search had found after so many candidates; None where it did not search."""
    trace = [step for step in trace if abs(step.value) <= _LARGEST]
    if len(trace) < 2:
        return None
    first, last = trace[0], trace[-1]
    span, most = first.value - last.value or 1.0, max(last.evaluations, 1)

    def place(step: Step) -> tuple[str, str]:
        return short(LEFT + WIDTH * step.evaluations / most), short(TOP + HEIGHT * (first.value - step.value) / span)

    places = [place(step) for step in trace]
    return Search(
        line=f"M{places[0][0]} {places[0][1]}" + "".join(f"H{x}V{y}" for x, y in places[1:]),
        words=f"from {numbers.number(first.value)} to {numbers.number(last.value)} "
        f"in {numbers.plural(last.evaluations, 'evaluation')}",
    )
