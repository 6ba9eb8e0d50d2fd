"""``llmcal baseline``: runs kept by name, to compare later ones with."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_llmcal.records import Run

FOLDER = Path("baselines")


def add_baseline(commands: Any) -> None:
    """Make the commands known."""
    parser = commands.add_parser(
        "baseline", help="keep runs by name, and list or show them", description="Keep runs by name, as plain files."
    )
    of_baselines = parser.add_subparsers(required=True, metavar="COMMAND")

    save = of_baselines.add_parser("save", help="keep a run by a name", description="Keep a run by a name.")
    save.add_argument("name", metavar="NAME", help="for instance release-1.4")
    save.add_argument("--from", dest="run_file", metavar="RUN.json", type=Path, required=True, help="the run")
    save.add_argument(
        "--update", action="store_true", help="put the gates of the run in place of those that the baseline has"
    )
    save.add_argument("--force", action="store_true", help="keep an incomplete or undecided run too")
    save.set_defaults(run=_save)

    listed = of_baselines.add_parser("list", help="list them", description="List the baselines of a folder.")
    listed.set_defaults(run=_list)

    show = of_baselines.add_parser("show", help="show what one holds", description="Show what a baseline holds.")
    show.add_argument("name", metavar="NAME", help="one of those that list names")
    show.set_defaults(run=_show)
    for command in (save, listed, show):
        command.add_argument(
            "--dir", metavar="DIR", type=Path, default=FOLDER, help="folder of the baselines (default: baselines)"
        )


def _save(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.history.baselines import Baselines  # scipy is not needed by all commands

    saved = Baselines(options.dir).save(options.name, options.run_file, updates=options.update, force=options.force)
    return [str(saved)]


def _list(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.history.baselines import Baselines

    kept = Baselines(options.dir)
    rows = [("name", "started", "gates", "models", "commit", ""), *(_row(n, kept.read(n)) for n in kept.names())]
    if len(rows) == 1:
        return [f"there are no baselines in {options.dir}; llmcal baseline save NAME --from RUN.json keeps one"]
    return [*_aligned(rows)]


def _row(name: str, run: Run) -> tuple[str, ...]:
    models = ", ".join(f"{model.name} ({model.revision[:12]})" for model in run.models) or "none"
    commit = run.environment.get("git commit", "")[:12]
    return name, run.started, str(len(run.gates)), models, commit, "" if run.complete else "incomplete"


def _show(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.history.baselines import Baselines

    kept = Baselines(options.dir)
    run = kept.read(options.name)
    scored = {
        (s.about.model, s.about.task, s.about.split): len(s)
        for s in kept.item_scores(options.name).scores
        if not s.about.group
    }
    lines = [f"{options.name}, started {run.started}{'' if run.complete else ', incomplete'}"]
    lines += [f"  {problem}" for problem in run.problems]
    lines += [f"  {model.name}, revision {model.revision}, {model.dtype} on {model.device}" for model in run.models]
    lines += [f"  {name}: {value}" for name, value in run.environment.items() if name == "git commit"]
    rows = [("gate", "verdict", "measurement", "estimate", "interval", "items"), *_measurements(run)]
    lines += ["", *_aligned(rows), ""]
    items = [f"{n:,} of {model} on {task} ({split})" for (model, task, split), n in sorted(scored.items(), key=str)]
    return [*lines, f"item scores: {'; '.join(items) or 'none are kept'}"]


def _measurements(run: Run) -> Iterator[tuple[str, ...]]:
    from pytest_llmcal.report.wording import subject

    for gate in run.gates:
        for record in gate.records:
            interval = f"{record.low:.4f} to {record.high:.4f}"
            yield gate.nodeid, gate.verdict, subject(record), f"{record.estimate:.4f}", interval, str(record.n)


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
