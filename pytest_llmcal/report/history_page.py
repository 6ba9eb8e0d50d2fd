"""The page of many runs: each gate's numbers over releases, and where they changed by more than noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pytest_llmcal.history.comparing import IMPROVED, WORSE
from pytest_llmcal.history.kept import Kept
from pytest_llmcal.history.timeline import Series, Timeline
from pytest_llmcal.report import history_line, numbers, wording

_STYLES = ("report.css", "history.css")


def write(history: Timeline, folder: str | Path, *, assets: bool = False) -> Path:
    """Write the page of many runs, ``history.html``.

    Parameters
    ----------
    history : Timeline
        What the page is made from.
    folder : str or Path
        Made where needed.
    assets : bool
        Write the style into ``history.css`` beside the page, for servers whose policy forbids it inside.

    Returns
    -------
    Path
        The page. It needs no script and makes no request but for that stylesheet.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "history.html"
    page.write_bytes(render(history, assets=assets).encode("utf-8", "backslashreplace"))
    if assets:
        (folder / "history.css").write_text(_style(_environment()), encoding="utf-8")
    return page


def render(history: Timeline, *, assets: bool = False) -> str:
    """Return the page of many runs as HTML."""
    environment = _environment()
    return environment.get_template("history.html").render(
        history=history,
        headline=headline(history),
        series=sorted(history.series, key=_most_urgent),
        style=None if assets else _style(environment),
    )


def headline(history: Timeline) -> str:
    """Say what the last run brought."""
    name = history.names[-1]
    if len(history.runs) == 1:
        return f"{name} is the one run there is"
    steps = [series.points[-1] for series in history.series if series.points[-1].run == len(history.runs) - 1]
    known = [point.step for point in steps if point.step is not None]
    worse = sum(step.verdict == WORSE for step in known)
    improved = sum(step.verdict == IMPROVED for step in known)
    if worse or improved:
        counts = [f"{count} {word}" for count, word in ((worse, "worse"), (improved, "better")) if count]
        return f"{name}: {' and '.join(counts)} than in {history.names[-2]}"
    if not known:
        return f"{name} cannot be compared with {history.names[-2]}"
    return f"{name}: no change larger than noise since {history.names[-2]}"


def _most_urgent(series: Series) -> tuple[int, str]:
    """Order what became worse last first, then what ever did."""
    verdicts = [point.step.verdict for point in series.points if point.step is not None]
    urgency = 0 if verdicts[-1:] == [WORSE] else 1 if WORSE in verdicts else 2 if IMPROVED in verdicts else 3
    return urgency, repr((series.nodeid, series.key))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pytest_llmcal.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["zip"] = zip
    environment.globals.update(
        commit=_commit, line=history_line, numbers=numbers, revision=_revision, tone=_tone, wording=wording
    )
    return environment


def _style(environment: Environment) -> str:
    return "\n".join(environment.loader.get_source(environment, name)[0] for name in _STYLES)  # type: ignore[union-attr]  # it was given one


# Browsers drop or misread these in HTML, so a hostile text could hide what it says.
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}")


def _readable(value: Any) -> Any:
    return value.translate(_CONTROLS) if type(value) is str else value


def _commit(kept: Kept) -> str:
    return kept.run.environment.get("git commit", "not stated")


def _revision(kept: Kept, model: str | None) -> str:
    return next((facts.revision for facts in kept.run.models if facts.name == model), "not stated")


def _tone(verdict: str) -> str:
    return {WORSE: "refuted", IMPROVED: "holds"}.get(verdict, "skipped")
