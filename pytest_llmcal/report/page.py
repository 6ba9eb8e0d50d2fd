"""The page: templates filled from a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pytest_llmcal.measurement import Bin
from pytest_llmcal.records import Record, Run
from pytest_llmcal.report import axis, numbers, reliability, summary, wording


def write(run: Run, folder: str | Path, name: str = "index.html", *, assets: bool = False) -> Path:
    """Write a run's page, with ``run.json`` beside it.

    Parameters
    ----------
    run : Run
        What the page is made from, and from nothing else.
    folder : str or Path
        Made where needed.
    name : str
        File name of the page.

    Returns
    -------
    Path
        The page. It stands alone: no script, no other file, no request.
    """
    run.write(Path(folder) / "run.json")
    page = Path(folder) / name
    page.write_bytes(render(run).encode("utf-8", "backslashreplace"))  # a lone surrogate stays readable
    return page


def render(run: Run) -> str:
    """Return a run's page as HTML."""
    rows = summary.judged_models(run)
    suites = summary.suites_of(run)
    return (
        _environment()
        .get_template("page.html")
        .render(
            run=run,
            rows=rows,
            headline=summary.headline(run, rows),
            suites=suites,
            short_suites=wording.short_suites(suites),
            anchors={gate.nodeid: f"g{number}" for number, gate in enumerate(run.gates, start=1)},
            datasets=_datasets(run),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pytest_llmcal.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        STATES=summary.STATES,
        axis=axis,
        blocking=summary.BLOCKING,
        decisive=summary.decisive,
        explained=summary.explained,
        diagrams=_diagrams,
        numbers=numbers,
        reliability=reliability,
        wording=wording,
    )
    return environment


# Browsers drop or misread these in HTML, so a hostile text could hide what it says.
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")


def _readable(value: Any) -> Any:
    return value.translate(_CONTROLS) if type(value) is str else value


def _diagrams(records: Sequence[Record]) -> list[tuple[reliability.Diagram, list[Record]]]:
    """Return each curve of a gate once, with the records that share it."""
    sharing: dict[tuple[tuple[Bin, ...], tuple[Bin, ...]], list[Record]] = {}
    for record in records:
        sharing.setdefault((record.curve, record.before), []).append(record)
    drawn = ((reliability.diagram_of(same[0]), same) for same in sharing.values())
    return [(diagram, same) for diagram, same in drawn if diagram is not None]


def _datasets(run: Run) -> list[tuple[str, str, str]]:
    """Return task, split and fingerprint of everything that was measured."""
    found = {(r.task, r.split or "", r.data) for gate in run.gates for r in gate.records if r.task and r.data}
    return sorted((task, split, data) for task, split, data in found if task and data)
