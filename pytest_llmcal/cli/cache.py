"""``llmcal cache``: what is kept of which models, and how to give it up."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmcal.scoring.cache.store import Kept, Store

_HEAD = ("model", "revision", "dtype", "device", "parameters", "results", "last used")
_TEXTS = 4  # the first columns; the others are numbers and a day


def add_cache(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "cache",
        help="show or clear the score cache",
        description="Show where answers of models are kept, how large that is, and how many there are of each model.",
    )
    parser.add_argument(
        "--cache-dir",
        metavar="DIR",
        type=Path,
        help="as --llmcal-cache-dir (default: that of LLMCAL_CACHE_DIR, else one in the user's cache)",
    )
    parser.set_defaults(run=_show)
    clear = parser.add_subparsers(metavar="clear").add_parser(
        "clear", help="give up what is kept", description="Give up all that is kept, or what is kept of one model."
    )
    clear.add_argument("--model", metavar="NAME", help="of this model alone, as llmcal cache names it")
    clear.set_defaults(run=_clear)


def _show(options: argparse.Namespace) -> list[str]:
    store = _store(options)
    if not store.path.exists():
        return [f"{store.path}: nothing is kept yet"]
    try:
        kept = store.models()
    finally:
        store.close()
    return [f"{store.path}: {store.path.stat().st_size / 1e6:,.1f} MB", *_table(kept)]


def _clear(options: argparse.Namespace) -> list[str]:
    store = _store(options)
    if not store.path.exists():
        return [f"{store.path}: nothing is kept yet"]
    try:
        before = store.models()
        store.clear(options.model)
    finally:
        store.close()
    gone = [kept for kept in before if options.model in (None, kept.facts.name)]
    results = sum(kept.results for kept in gone)
    return [f"{store.path}: {results:,} results of {len(gone)} {'model' if len(gone) == 1 else 'models'} given up"]


def _store(options: argparse.Namespace) -> Store:
    from pytest_llmcal.scoring.cache import Store  # numpy is not needed by the other commands

    return Store(options.cache_dir)


def _table(kept: list[Kept]) -> Iterator[str]:
    rows = [_HEAD, *map(_row, kept)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows if kept else []:
        cells = [
            cell.ljust(width) if column < _TEXTS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _row(kept: Kept) -> tuple[str, ...]:
    facts = kept.facts
    day = datetime.fromtimestamp(kept.used, timezone.utc).date().isoformat()
    parameters = "" if facts.parameters is None else f"{facts.parameters:,}"
    return facts.name, facts.revision[:16], facts.dtype, facts.device, parameters, f"{kept.results:,}", day
