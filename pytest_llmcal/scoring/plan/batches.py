"""Rows into batches."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_llmcal.scoring.plan.rows import Row


def longest_first(rows: Iterable[Row]) -> list[Row]:
    """Order rows so that neighbours are of like length, and what takes most memory is run first."""
    return sorted(rows, key=lambda row: len(row.tokens), reverse=True)


def next_batch(rows: list[Row], start: int, budget: int, *, padded: bool) -> list[Row]:
    """Take the rows from ``start`` on that fit into a budget; the first one always does.

    Parameters
    ----------
    rows : list of Row
        The longest first.
    start : int
        Where to begin.
    budget : int
        Most tokens of a batch.
    padded : bool
        Whether every row counts as many tokens as the longest.

    Returns
    -------
    list of Row
        At least one.

    Examples
    --------
    >>> rows = [Row.chain((0,) * length, ()) for length in (5, 3, 1)]
    >>> [len(row.tokens) for row in next_batch(rows, 0, 8, padded=False)]
    [5, 3]
    >>> [len(row.tokens) for row in next_batch(rows, 0, 8, padded=True)]
    [5]
    """
    width = len(rows[start].tokens)
    taken, tokens = start + 1, width
    while taken < len(rows):
        tokens += width if padded else len(rows[taken].tokens)
        if tokens > budget:
            break
        taken += 1
    return rows[start:taken]
