"""The pages: templates filled from a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pytest_llmcal.charts import reliability
from pytest_llmcal.measurement import Bin
from pytest_llmcal.records import Record, Run, Subject, curves_of
from pytest_llmcal.report import answers, axis, coverage, numbers, search, strip, summary, wording
from pytest_llmcal.report.links import FOLDER, Links
from pytest_llmcal.report.summary import Judged

_MARK = 'content="pytest-llmcal"'  # stands at the beginning of every page of ours
_BEGINNING = 400


def write(run: Run, folder: str | Path, name: str = "index.html", *, assets: bool = False) -> Path:
    """Write a run's report, with ``run.json`` beside it.

    Parameters
    ----------
    run : Run
        What the report is made from, and from nothing else.
    folder : str or Path
        Made where needed.
    name : str
        File name of the front page.
    assets : bool
        Write a folder to serve instead of one file to mail: a page for each model, with stylesheet and script
        beside them, so that it works under a strict content security policy.

    Returns
    -------
    Path
        The front page. Without ``assets`` it stands alone. No page makes a request to elsewhere.
    """
    run.write(Path(folder) / "run.json")
    _forget_pages(Path(folder) / FOLDER)
    files = pages(run, name) if assets else {name: render(run)}
    for relative, text in files.items():
        path = Path(folder) / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "backslashreplace"))  # a lone surrogate stays readable
    return Path(folder) / name


def render(run: Run) -> str:
    """Return a run's report as one page of HTML that stands alone."""
    return _Report(run, one_page=True).fill("one_page.html", assets=None)


def pages(run: Run, name: str = "index.html") -> dict[str, str]:
    """Return a run's report as the text of every file of a folder to serve, by relative path."""
    report = _Report(run, one_page=False)
    files = {name: report.fill("front.html", assets="")}
    for row, page in zip(report.rows, report.links.pages, strict=True):
        files[page] = report.fill("model_page.html", assets="../", row=row, shown=(row,), front=f"../{name}")
    templates = Path(__file__).parent / "templates"
    return files | {file: (templates / file).read_text(encoding="utf-8") for file in ("report.css", "report.js")}


class _Report:
    """What all pages of a run share."""

    def __init__(self, run: Run, *, one_page: bool) -> None:
        self.run = run
        self.rows = summary.judged_models(run)
        self.links = Links.of(run, self.rows, one_page=one_page)
        self.subjects = {subject.key: subject for subject in run.subjects}
        self._shared = self._context()

    def fill(self, template: str, *, assets: str | None, **context: Any) -> str:
        """Fill a template; ``assets`` is the way to stylesheet and script, None where they are part of the page."""
        whole = {"shown": self.rows, **self._shared, "assets": assets, **context}
        return _environment().get_template(template).render(whole, methods=_methods(whole["shown"]))

    def _context(self) -> dict[str, Any]:
        suites = summary.suites_of(self.run)
        return {
            "run": self.run,
            "rows": self.rows,
            "headline": summary.headline(self.run, self.rows),
            "reasons": summary.reasons(self.rows),
            "differences": summary.differences(self.rows),
            "suites": suites,
            "short_suites": wording.short_suites(suites),
            "links": self.links,
            "items_of": {key: subject.portrait.n for key, subject in self.subjects.items()},
            "place_of": {key: place for place, key in enumerate(self.subjects, start=1)},
            "answers_by_suite": lambda row: answers.answers_by_suite(row, self.subjects),
            "costs": lambda row: answers.costs(row, self.subjects),
            "diagrams": lambda records: _diagrams(records, self.subjects),
            "datasets": _datasets(self.run),
        }


def _forget_pages(folder: Path) -> None:
    """Remove the pages of an earlier report: one of a model that is not in this run would look like its result."""
    for page in sorted(folder.glob("*.html")):
        with page.open(encoding="utf-8", errors="replace") as file:
            ours = _MARK in file.read(_BEGINNING)
        if ours:
            page.unlink()


@cache
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
        coverage=coverage,
        decisive=summary.decisive,
        explained=summary.explained,
        numbers=numbers,
        reliability=reliability,
        search=search,
        strip=strip,
        unnamed=_unnamed,
        wording=wording,
    )
    return environment


# Browsers drop or misread these in HTML, so a hostile text could hide what it says.
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")


def _readable(value: Any) -> Any:
    if type(value) is float:  # a coordinate: 12.0 is written 12
        return f"{value:g}"
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value
    return value.translate(_CONTROLS)


def _methods(rows: Sequence[Judged]) -> dict[str, int]:
    """Return a number for each way in which the measurements on a page were made: many records share few of them."""
    records = (record for row in rows for gate in row.gates for record in gate.records)
    found = dict.fromkeys(wording.method(record) for record in records)
    return {method: number for number, method in enumerate(found, start=1)}


def _unnamed(suite: summary.Suite) -> frozenset[str]:
    """Return the gates whose title does not tell them from the others of their suite."""
    by_name: dict[str, list[str]] = {}
    for gate in suite.gates:
        by_name.setdefault(gate.name, []).append(gate.nodeid)
    return frozenset(nodeid for same in by_name.values() if len(same) > 1 for nodeid in same)


def _diagrams(
    records: Sequence[Record], subjects: Mapping[str, Subject]
) -> list[tuple[reliability.Diagram, list[Record]]]:
    """Return each curve of a gate that its subject does not show, once, with the records that share it."""
    sharing: dict[tuple[tuple[Bin, ...], tuple[Bin, ...]], list[Record]] = {}
    for record in records:
        if record.subject not in subjects and not _is_quiet(record, records):
            sharing.setdefault(curves_of(record, subjects), []).append(record)
    drawn = ((reliability.diagram_of(*curves), same) for curves, same in sharing.items())
    return [(diagram, same) for diagram, same in drawn if diagram is not None]


def _is_quiet(record: Record, records: Sequence[Record]) -> bool:
    """Tell whether a record is of one of many groups and holds: its numbers stand in the table, which is enough."""
    return len(records) > 1 and record.group is not None and record.outcome in {"holds", "true"}


def _datasets(run: Run) -> list[tuple[str, str, str]]:
    """Return task, split and fingerprint of everything that was measured."""
    found = {(r.task, r.split or "", r.data) for gate in run.gates for r in gate.records if r.task and r.data}
    return sorted((task, split, data) for task, split, data in found if task and data)
