"""``llmcal compare``: what became worse since an earlier run, as an exit code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_compare(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "compare",
        help="say what became better or worse since an earlier run",
        description="Compare a run with an earlier one; exits with 1 where something became worse by more than noise.",
    )
    parser.add_argument("old", metavar="OLD.json", type=Path, help="the earlier run")
    parser.add_argument("new", metavar="NEW.json", type=Path, help="the run to judge")
    parser.add_argument(
        "--confidence", metavar="LEVEL", type=float, default=0.95, help="level of the intervals (default: 0.95)"
    )
    parser.add_argument("--markdown", action="store_true", help="write a Markdown table, for a comment or a summary")
    parser.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> tuple[list[str], int]:
    from pytest_llmcal.history.comparing import compare  # scipy is not needed by all commands
    from pytest_llmcal.history.kept import Kept
    from pytest_llmcal.report import comparison as written

    compared = compare(Kept.read(options.old), Kept.read(options.new), level=options.confidence)
    lines = written.markdown(compared) if options.markdown else written.text(compared)
    return lines, 1 if compared.worse else 0
