"""Scores as notebooks show them: the main measurements with intervals, and the reliability diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcal.charts import escaped
from pytest_llmcal.measurement import said_of_left_out, title
from pytest_llmcal.measurement.notebook import CELL, LEFT, TABLE, interval, number, whose
from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.outcomes import counted
from pytest_llmcal.scores.plot import plot_reliability

if TYPE_CHECKING:
    from pytest_llmcal.scores.scores import Scores

_SHOWN = ("accuracy", "ece", "brier", "nll", "auroc")


def scores_html(scores: Scores) -> str:
    """Return a table of what can be measured, beside the diagram that says where it comes from."""
    head = ["", "estimate", f"{100 * scores.accuracy().confidence:g}% interval"]
    head += [] if scores.before is None else ["before calibration"]
    header = "".join(f'<th scope="col" {CELL}>{name}</th>' for name in head)
    items = "1 item" if len(scores) == 1 else f"{len(scores):,} items"
    missing = said_of_left_out(counted(scores.left_out), len(scores))
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start"><table {TABLE}>'
        f"<caption {LEFT}><b>Scores of {items}</b> {whose(scores.about)}"
        f"{missing and f'<br>{escaped(missing, 2000)}'}</caption>"
        f"<thead><tr>{header}</tr></thead>"
        f"<tbody>{''.join(_row(scores, name) for name in _SHOWN)}</tbody></table>"
        f"{_figure(scores)}</div>"
    )


def _row(scores: Scores, name: str) -> str:
    first = f'<tr><th scope="row" {LEFT}>{escaped(title(name))}</th>'
    columns = 2 if scores.before is None else 3
    try:
        measured = getattr(scores, name)()
    except ScoresError as error:
        return f'{first}<td colspan="{columns}" dir="auto" {LEFT}>{escaped(str(error))}</td></tr>'
    cells = [f"<b>{number(measured)}</b>", interval(measured)]
    if scores.before is not None:
        before = measured.uncalibrated
        cells.append("unknown" if before is None else number(before.estimate))
    return first + "".join(f"<td {CELL}>{cell}</td>" for cell in cells) + "</tr>"


def _figure(scores: Scores) -> str:
    plot = plot_reliability(scores)
    dashed = "" if scores.before is None else " Dashed: before calibration."
    return (
        f'<figure style="margin:0">{plot._repr_html_()}'
        '<figcaption style="max-width:304px;font-size:0.9em;opacity:0.85">Dots: bins within the band of a calibrated '
        f"model; diamonds: outside of it. Bars: right answers, and wrong ones on them.{dashed}</figcaption></figure>"
    )
