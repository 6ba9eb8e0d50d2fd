"""``llmcal cache``: what is kept of which models, and how to give it up."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmcal.scoring.cache.store import Kept, Store

_HEAD = ("model", "revision", "dtype", "device", "options", "parameters", "results", "last used")
_TEXTS = 5  # the first columns; the others are numbers and a day


class CacheError(ValueError):
    """What was asked of the cache cannot be done; the text says why."""


def add_cache(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "cache",
        help="show or clear the score cache",
        description="Show where answers of models are kept, how large that is, and how many there are of each model.",
    )
    _add_cache_dir(parser, default=None)
    parser.set_defaults(run=_show)
    clear = parser.add_subparsers(metavar="clear").add_parser(
        "clear", help="give up what is kept", description="Give up all that is kept, or what is kept of one model."
    )
    _add_cache_dir(clear, default=argparse.SUPPRESS)  # what stands before "clear" holds unless it stands behind too
    clear.add_argument("--model", metavar="NAME", help="of this model alone, as llmcal cache names it")
    clear.set_defaults(run=_clear)


def _add_cache_dir(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--cache-dir",
        metavar="DIR",
        type=Path,
        default=default,
        help="as --llmcal-cache-dir (default: that of LLMCAL_CACHE_DIR, else one in the user's cache)",
    )


def _show(options: argparse.Namespace) -> list[str]:
    with _opened(options) as store:
        if not store.path.exists():
            return [f"{store.path}: nothing is kept yet"]
        kept = store.models()
    return [f"{store.path}: {store.path.stat().st_size / 1e6:,.1f} MB", *_table(kept)]


def _clear(options: argparse.Namespace) -> list[str]:
    with _opened(options) as store:
        if not store.path.exists():
            return [f"{store.path}: nothing is kept yet"]
        before = store.models()
        gone = [kept for kept in before if options.model in (None, kept.facts.name)]
        if options.model is not None and not gone:
            known = ", ".join(sorted({repr(kept.facts.name) for kept in before}))
            others = f"only of {known}" if known else "nor of any other model"
            raise CacheError(f"{store.path}: nothing is kept of {options.model!r}, {others}")
        if not store.clear(options.model):
            raise CacheError(f"{store.path}: nothing was given up")
    results = sum(kept.results for kept in gone)
    return [f"{store.path}: {results:,} results of {len(gone)} {'model' if len(gone) == 1 else 'models'} given up"]


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[Store]:
    """Open the cache, and say what is wrong with it as a command does."""
    from pytest_llmcal.scoring.cache import Store  # numpy is not needed by the other commands

    store = Store(options.cache_dir)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield store
        finally:
            store.close()
            for warning in caught:
                print(f"llmcal: {warning.message}", file=sys.stderr)  # noqa: T201  # a command prints


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
    return (
        facts.name,
        facts.revision[:16],
        facts.dtype,
        facts.device,
        kept.options,
        parameters,
        f"{kept.results:,}",
        day,
    )
