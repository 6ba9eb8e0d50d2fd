"""Keeping the file within its bound: what was not used for longest goes first."""

from __future__ import annotations

import sqlite3

_LEFT = 0.8
"""Share of the bound that is left when room was made: making it reads the whole file, so it shall be seldom."""


def make_room(connection: sqlite3.Connection, size: int) -> bool:
    """Give up chunks, the longest unused first, where the file holds more than ``size`` bytes; tell whether it did.

    Called within a transaction.
    """
    held = used_bytes(connection)
    if held <= size:
        return False
    # total(), unlike sum(), is a number whatever damage has made of a column
    lengths = dict(connection.execute("SELECT chunk, total(length(key) + length(value)) FROM results GROUP BY chunk"))
    surplus = sum(lengths.values()) * (1 - _LEFT * size / held)
    for (chunk,) in connection.execute("SELECT id FROM chunks ORDER BY used, id").fetchall():
        if surplus <= 0:
            break
        surplus -= lengths.get(chunk, 0)
        connection.execute("DELETE FROM chunks WHERE id = ?", (chunk,))
    connection.execute("DELETE FROM results WHERE chunk NOT IN (SELECT id FROM chunks)")
    # Models that left nothing behind keep their facts: a few bytes, and the next run need not load them to name them.
    return True


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the pages in use, those not counted that were freed and not yet taken again."""
    [pages, free, length] = [
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    ]
    return (pages - free) * length


def give_back(connection: sqlite3.Connection) -> None:
    """Shorten the file by what was freed."""
    # as a script: execute() stops at the first page, of which there is nothing to fetch
    connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
