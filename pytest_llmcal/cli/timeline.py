"""``llmcal history``: the page of many runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_history(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "history",
        help="write the page of many runs",
        description="Write a page that shows each gate's numbers over many runs, and which steps are no noise.",
    )
    parser.add_argument(
        "paths", metavar="PATH", type=Path, nargs="+", help="a folder of baselines, or the file of a run"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for history.html")
    parser.add_argument(
        "--confidence", metavar="LEVEL", type=float, default=0.95, help="level of the intervals (default: 0.95)"
    )
    parser.add_argument("--assets", action="store_true", help="write the style into a file of its own")
    parser.set_defaults(run=_history)


def _history(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.history.kept import Kept  # scipy is not needed by all commands
    from pytest_llmcal.history.timeline import timeline
    from pytest_llmcal.report import history_page

    files = [file for path in options.paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    shown = timeline([(_name(file), Kept.read(file)) for file in files], level=options.confidence)
    return [str(history_page.write(shown, options.out, assets=options.assets))]


def _name(file: Path) -> str:
    """Call a run by its file, or by its folder where all files are called the same."""
    return file.resolve().parent.name if file.name == "run.json" else file.stem
