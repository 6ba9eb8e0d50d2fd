"""Which tokens a model is run on, and what is read off: decided here, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Consecutive tokens of a row, each to be weighed given all that stands before it.

    Attributes
    ----------
    owner : int
        Index of the request or text that asked.
    offset : int
        Index of ``targets[0]`` among all that the owner asked to be weighed.
    start : int
        Position in the row whose output speaks of ``targets[0]``; the next position speaks
        of ``targets[1]``, and so on.
    targets : tuple of int
        Token ids, at least one.
    """

    owner: int
    offset: int
    start: int
    targets: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """Tokens that are run once, and the spans read off them.

    Attributes
    ----------
    tokens : tuple of int
        What the model reads.
    spans : tuple of Span
        Whose targets are weighed.
    """

    tokens: tuple[int, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Batch:
    """Rows that are run together, each padded on the right to the longest.

    Attributes
    ----------
    rows : tuple of Row
        At least one.
    """

    rows: tuple[Row, ...]

    @property
    def width(self) -> int:
        """Tokens of the longest row."""
        return max(len(row.tokens) for row in self.rows)


def rows_of_pairs(pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[Row]:
    """Plan to weigh continuations after contexts.

    The last token of a continuation is weighed and never read, so continuations of one
    token after the same context share a row.

    Parameters
    ----------
    pairs : sequence of (context, continuation)
        Token ids, at least one in each.

    Returns
    -------
    list of Row

    Examples
    --------
    >>> for row in rows_of_pairs([((1, 2), (3,)), ((1, 2), (4,)), ((1, 2), (4, 5))]):
    ...     print(row.tokens, [(span.owner, span.start, span.targets) for span in row.spans])
    (1, 2) [(0, 1, (3,)), (1, 1, (4,))]
    (1, 2, 4) [(2, 1, (4, 5))]
    """
    spans: dict[tuple[int, ...], list[Span]] = {}
    for owner, (context, continuation) in enumerate(pairs):
        span = Span(owner, 0, len(context) - 1, continuation)
        spans.setdefault(context + continuation[:-1], []).append(span)
    return [Row(tokens, tuple(group)) for tokens, group in spans.items()]


def rows_of_text(owner: int, begin: tuple[int, ...], tokens: tuple[int, ...], limit: int | None) -> Iterator[Row]:
    """Plan to weigh every token of a running text, each once.

    A text that is longer than the context is read in windows that overlap by half, and the
    tokens of the later half are weighed: each has at least half a context before it, or
    the text from its beginning.

    Parameters
    ----------
    owner : int
        Index of the text.
    begin : tuple of int
        Tokens that stand before every window and are not weighed. Without any, the first token of
        the text has nothing to be weighed by and is left out.
    tokens : tuple of int
        The text.
    limit : int or None
        Tokens that the model can read at once.

    Yields
    ------
    Row

    Examples
    --------
    >>> for row in rows_of_text(0, (1,), (5, 6, 7, 8, 9), limit=4):
    ...     print(row.tokens, row.spans[0].start, row.spans[0].targets)
    (1, 5, 6, 7) 0 (5, 6, 7, 8)
    (1, 6, 7, 8) 3 (9,)
    """
    room = len(tokens) if limit is None else limit - len(begin)
    weighed = skipped = 0 if begin else 1
    while weighed < len(tokens):
        last = room + 1 if weighed == skipped else weighed + max(1, (room + 1) // 2)
        last = min(last, len(tokens))
        first = max(0, last - room - 1)
        start = len(begin) + weighed - first - 1
        yield Row(begin + tokens[first : last - 1], (Span(owner, weighed - skipped, start, tokens[weighed:last]),))
        weighed = last


def batches(rows: Iterable[Row], budget: int) -> list[Batch]:
    """Put rows of like length together, the longest first.

    Parameters
    ----------
    rows : iterable of Row
        In any order.
    budget : int
        Most tokens of a batch, padding counted; a row that is longer makes a batch of its own.

    Returns
    -------
    list of Batch

    Examples
    --------
    >>> rows = rows_of_pairs([((1,), (2,)), ((1, 2, 3), (4,)), ((1, 2), (3,))])
    >>> [[len(row.tokens) for row in batch.rows] for batch in batches(rows, budget=6)]
    [[3, 2], [1]]
    """
    planned: list[Batch] = []
    waiting: list[Row] = []
    for row in sorted(rows, key=lambda row: len(row.tokens), reverse=True):
        if waiting and len(waiting[0].tokens) * (len(waiting) + 1) > budget:
            planned.append(Batch(tuple(waiting)))
            waiting = []
        waiting.append(row)
    if waiting:
        planned.append(Batch(tuple(waiting)))
    return planned
