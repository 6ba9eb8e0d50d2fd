"""Measurements and verdicts as notebooks show them.

No stylesheet reaches the output of a cell for certain, and no script should: looks stand on the elements, and
whatever has no colour of its own takes that of the notebook's text, light or dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_llmcal.charts import escaped, isolated
from pytest_llmcal.measurement.item_outcomes import said_of_left_out
from pytest_llmcal.measurement.titles import title

if TYPE_CHECKING:
    from pytest_llmcal.measurement.about import About
    from pytest_llmcal.measurement.measurement import Measurement
    from pytest_llmcal.measurement.verdict import Verdict

# Grounds that bear white letters with a contrast of at least 4.5.
TONES = {"holds": "#1d6b4f", "refuted": "#a5382b", "undecided": "#7a5800"}

TABLE = 'style="margin:0;color:inherit"'  # a page without a doctype would have tables black on any ground
CELL = 'style="padding:0.15em 0.6em"'
LEFT = 'style="padding:0.15em 0.6em;text-align:left"'

_NOTE = "font-size:0.9em;opacity:0.85"


def measurement_html(measurement: Measurement) -> str:
    """Return a measurement as a small table: estimate, interval, method, number of items."""
    floor, exact = measurement.noise_floor, measurement.exact
    rows = [
        ("estimate", f"<b>{number(measurement)}</b>"),
        (f"{100 * measurement.confidence:g}% interval", interval(measurement)),
        ("items", f"{measurement.n:,}"),
        ("method", isolated(measurement.method)),
    ]
    if measurement.left_out:
        rows.append(("left out", escaped(said_of_left_out(measurement.left_out, measurement.n), 2000)))
    if floor is not None:
        rows.append(("noise floor", f"{number(floor.mean)} on average, at most {number(floor.p95)} in 95 of 100 draws"))
    if exact is not None:
        rows.append(("true value", number(exact)))
    body = "".join(f'<tr><th scope="row" {LEFT}>{name}</th><td {LEFT}>{value}</td></tr>' for name, value in rows)
    caption = f'<b>{escaped(title(measurement.name))}</b> <span style="{_NOTE}">{whose(measurement.about)}</span>'
    return f"<table {TABLE}><caption {LEFT}>{caption}</caption><tbody>{body}</tbody></table>"


def verdict_html(verdict: Verdict) -> str:
    """Return a verdict as its word on its colour, its sentence, and what it is about."""
    about = whose(verdict.measurement.about)
    sentence = f'<span dir="auto">{escaped(verdict.explain(), 2000)}</span>'
    return (
        f'<div><p style="margin:0">{badge(verdict.status)} {sentence}</p>'
        + (f'<p style="margin:0;{_NOTE}">{about}</p>' if about else "")
        + "</div>"
    )


def badge(status: str) -> str:
    """Return what a verdict says as a word on its colour."""
    return (
        f'<strong style="background:{TONES[status]};color:#fff;padding:0.1em 0.5em;border-radius:0.3em">'
        f"{status}</strong>"
    )


def number(value: float) -> str:
    """Write a number as the text of a measurement does.

    Examples
    --------
    >>> number(0.03124), number(-math.inf)
    ('0.0312', '-∞')
    """
    return f"{float(value):.4f}" if math.isfinite(value) else "∞" if value > 0 else "-∞"


def interval(measurement: Measurement) -> str:
    """Write the interval of a measurement."""
    return f"{number(measurement.low)} to {number(measurement.high)}"


def whose(about: About) -> str:
    """Return whose answers to what, as HTML; empty where nothing is known.

    Examples
    --------
    >>> from pytest_llmcal.measurement import About
    >>> whose(About(model="gpt2", group="region=north"))
    'of <bdi>gpt2</bdi> for <bdi>region=north</bdi>'
    """
    return " ".join(_said(about))


def _said(about: About) -> Iterable[str]:
    if about.model is not None:
        yield f"of {isolated(about.model)}"
    if about.task is not None:
        yield f"on {isolated(about.task)}" + (f" ({isolated(about.split)} split)" if about.split else "")
    if about.group is not None:
        yield f"for {isolated(about.group)}"
    if about.confidence_method is not None:
        yield f"with confidence by {isolated(about.confidence_method)}"
    if about.calibrator is not None:
        yield f"after {isolated(about.calibrator)}"
