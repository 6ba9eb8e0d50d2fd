"""Draw the pictures of these pages, from seeded draws judged by the package itself.

    python docs/draw.py

A test compares the committed pictures with what this draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pytest_llmcal import Measurement, Scores
from pytest_llmcal.metrics.smooth import smooth_error
from pytest_llmcal.statistics.calibration_error_interval import l1_interval
from pytest_llmcal.statistics.planning import cells_of, chances, overconfident

IMAGES = Path(__file__).parent / "images"
LIMIT = 0.05
PEAKED = np.random.default_rng(1).beta(5.0, 1.5, 50_000)

WIDTH, LEFT, RIGHT = 720, 64, 680
_STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2328}.quiet{fill:#59636e}.grid{stroke:#d1d9e0}
.holds{stroke:#1a7f37;fill:#1a7f37}.refuted{stroke:#cf222e;fill:#cf222e}.undecided{stroke:#9a6700;fill:#9a6700}
.other{stroke:#0969da;fill:#0969da}.line{fill:none;stroke-width:2.5}.limit{stroke:#1f2328;stroke-dasharray:4 3}
text.holds,text.refuted,text.undecided,text.other{stroke:none}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9198a1}.grid{stroke:#3d444d}.limit{stroke:#f0f6fc}
.holds{stroke:#3fb950;fill:#3fb950}.refuted{stroke:#f85149;fill:#f85149}.undecided{stroke:#d29922;fill:#d29922}
.other{stroke:#4493f8;fill:#4493f8}.line{fill:none}}
"""


class Line(NamedTuple):
    """One line of a chart: its name, its colour, its points, and the height at which its name stands."""

    name: str
    tone: str
    points: Sequence[tuple[float, float]]
    at: float


def page(title: str, height: int, body: Sequence[str]) -> str:
    """Put a drawing into an SVG file that reads well on a light and on a dark page."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title>", f"<style>{_STYLE}</style>", *body, "</svg>", ""])


def chart(title: str, across: str, up: str, lines: Sequence[Line], *, percent: bool = True) -> str:
    """Draw lines over a logarithmic number of items."""
    top, bottom, height = 40, 300, 350
    sizes = sorted({n for line in lines for n, _ in line.points})
    most = 1.0 if percent else _round_up(max(value for line in lines for _, value in line.points))
    first, last = math.log(sizes[0]), math.log(sizes[-1])

    def x(n: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (math.log(n) - first) / (last - first), 1)

    def y(value: float) -> float:
        return round(bottom - (bottom - top) * value / most, 1)

    body = [f'<text x="{LEFT}" y="20">{escape(up)}</text>']
    for step in range(5):
        value = most * step / 4
        text = f"{100 * value:.0f}%" if percent else f"{value:.3g}"
        body.append(f'<path class="grid" d="M{LEFT} {y(value)}H{RIGHT}"/>')
        body.append(f'<text class="quiet" x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{text}</text>')
    body += [f'<text class="quiet" x="{x(n)}" y="{bottom + 20}" text-anchor="middle">{n:,.0f}</text>' for n in sizes]
    body.append(f'<text x="{(LEFT + RIGHT) / 2}" y="{bottom + 42}" text-anchor="middle">{escape(across)}</text>')
    for line in lines:
        path = "L".join(f"{x(n)} {y(value)}" for n, value in line.points)
        body.append(f'<path class="line {line.tone}" d="M{path}"/>')
        body.append(
            f'<text class="{line.tone}" x="{x(_crossing(line)) + 10}" y="{y(line.at) + 5}">{escape(line.name)}</text>'
        )
    return page(title, height, body)


def _crossing(line: Line) -> float:
    """Return the number of items at which a line passes the height of its name; the first one where it never does."""
    for (n, value), (more, following) in pairwise(line.points):
        if min(value, following) <= line.at <= max(value, following) and value != following:
            return math.exp(math.log(n) + (line.at - value) / (following - value) * math.log(more / n))
    return line.points[0][0]


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= value)


def drawn(n: int, gap: float, seed: int) -> Scores:
    """Draw answers of a model that is overconfident by ``gap`` everywhere."""
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return Scores(confidence, generator.random(n) < np.clip(confidence - gap, 0.0, 1.0))


def verdicts() -> str:
    """Draw an interval for each verdict beside the limit."""
    rows = [
        ("2,000 items, calibrated", drawn(2000, 0.0, 1).ece()),
        ("2,000 items, overconfident by 0.10", drawn(2000, 0.10, 2).ece()),
        ("300 items, calibrated", drawn(300, 0.0, 3).ece()),
    ]
    left, scale = 260, 2600

    def x(value: float) -> float:
        return round(left + scale * value, 1)

    body = [f'<path class="limit" d="M{x(LIMIT)} 28V200"/>']
    body.append(f'<text x="{x(LIMIT)}" y="20" text-anchor="middle">limit {LIMIT:g}</text>')
    body += [
        f'<text class="quiet" x="{x(tick / 20)}" y="226" text-anchor="middle">{tick / 20:g}</text>' for tick in range(4)
    ]
    for row, (name, measured) in enumerate(rows):
        body += _interval(60 + 50 * row, name, measured, x)
    return page("An interval below the limit holds, above it is refuted, across it is undecided", 236, body)


def _interval(y: int, name: str, measured: Measurement, x: Callable[[float], float]) -> list[str]:
    status = measured.below(LIMIT).status
    return [
        f'<text x="{x(0) - 16}" y="{y}" text-anchor="end">{name}</text>',
        f'<text class="{status}" x="{x(0) - 16}" y="{y + 17}" text-anchor="end">{status}</text>',
        f'<path class="line {status}" stroke-linecap="round" style="stroke-width:6" '
        f'd="M{x(measured.low)} {y}H{x(measured.high)}"/>',
        f'<circle class="{status}" cx="{x(float(measured))}" cy="{y}" r="7"/>',
    ]


SIZES = (100, 200, 500, 1000, 2000, 5000, 20_000)


def perfect() -> str:
    """Draw how often a calibrated model goes red, by a bare comparison and by a verdict."""
    naive, refuted, holds = [], [], []
    for n in SIZES:
        found = [drawn(n, 0.0, seed).ece() for seed in range(300)]
        naive.append((n, float(np.mean([float(ece) >= LIMIT for ece in found]))))
        verdict = [ece.below(LIMIT).status for ece in found]
        refuted.append((n, verdict.count("refuted") / len(verdict)))
        holds.append((n, verdict.count("holds") / len(verdict)))
    lines = [
        Line("ece < 0.05 fails", "other", naive, 0.7),
        Line("the verdict holds", "holds", holds, 0.7),
        Line("the verdict is refuted", "refuted", refuted, -0.03),
    ]
    return chart("A perfectly calibrated model", "items", "runs of a perfectly calibrated model", lines)


def items() -> str:
    """Draw how often the right verdict comes out, by true error and number of items."""
    cells = cells_of(PEAKED)
    lines = []
    for error, at in ((0.0, 0.93), (0.02, 0.7), (0.03, 0.5), (0.08, 0.4), (0.10, 0.6), (0.15, 0.75)):
        verdict = "holds" if error < LIMIT else "refuted"
        accuracy = overconfident(cells, error)
        found = [(n, getattr(chances(cells, accuracy, n, LIMIT, 0.95, l1_interval, 400), verdict)) for n in SIZES]
        lines.append(Line(f"{error:.2f}", verdict, found, at))
    return chart("The right verdict, by true error and number of items", "items", "runs with the right verdict", lines)


def errors() -> str:
    """Draw what a perfectly calibrated model scores on average, by kind of calibration error."""
    kinds: tuple[tuple[str, str, Callable[[Scores], float], float], ...] = (
        ("ece()", "refuted", lambda scores: float(scores.ece()), 0.09),
        ("smooth_ece()", "undecided", lambda scores: smooth_error(scores.confidence, scores.correct), 0.05),
        ("debiased", "holds", lambda scores: float(scores.ece(debias=True)), 0.018),
        ("squared_ece()", "other", lambda scores: float(scores.squared_ece()), 0.004),
    )
    lines = []
    for name, tone, measure, at in kinds:
        means = [(n, float(np.mean([measure(drawn(n, 0.0, seed)) for seed in range(100)]))) for n in SIZES]
        lines.append(Line(name, tone, means, at))
    return chart("The error of a perfectly calibrated model", "items", "mean estimate", lines, percent=False)


PICTURES: dict[str, Callable[[], str]] = {"verdicts": verdicts, "perfect": perfect, "items": items, "errors": errors}


def main() -> None:
    """Write every picture."""
    for name, draw in PICTURES.items():
        (IMAGES / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
