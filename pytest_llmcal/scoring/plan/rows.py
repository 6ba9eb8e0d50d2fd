"""Rows: tokens that are run together once, and what is read off them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Pair = tuple[tuple[int, ...], tuple[int, ...]]
"""A context and its continuation in tokens, at least one in each."""


@dataclass(frozen=True, slots=True)
class Read:
    """One number that is wanted: how probable a token is behind a place.

    Attributes
    ----------
    place : int
        Index of the token of the row whose output speaks of ``target``.
    target : int
        Token id.
    index : int
        Number of this question among all that are asked: the tokens of all continuations, or texts, in order.
    """

    place: int
    target: int
    index: int


@dataclass(frozen=True, slots=True)
class Row:
    """Tokens that are run once, in an order in which each stands behind all that it may see.

    Of a text that branches, say a context with several continuations, the branches follow one another. A
    token sees itself and every earlier token whose branch it is in: token ``i`` sees ``j``
    if ``j <= i < ends[j]``.

    Attributes
    ----------
    tokens : tuple of int
        What the model reads.
    positions : tuple of int
        Where in its own text each token stands.
    ends : tuple of int
        For each token, one past the last token of the row that sees it.
    reads : tuple of Read
        What is wanted of it.
    """

    tokens: tuple[int, ...]
    positions: tuple[int, ...]
    ends: tuple[int, ...]
    reads: tuple[Read, ...]

    @classmethod
    def chain(cls, tokens: tuple[int, ...], reads: tuple[Read, ...]) -> Row:
        """Make a row of one text, which branches nowhere."""
        return cls(tokens, tuple(range(len(tokens))), (len(tokens),) * len(tokens), reads)


def rows_of_pairs(pairs: Sequence[Pair]) -> list[Row]:
    """Plan to weigh continuations after contexts, each in a row of its own.

    The last token of a continuation is weighed and never read, so continuations of one
    token after the same context share a row.

    Parameters
    ----------
    pairs : sequence of (context, continuation)

    Returns
    -------
    list of Row

    Examples
    --------
    >>> for row in rows_of_pairs([((1, 2), (3,)), ((1, 2), (4,)), ((1, 2), (4, 5))]):
    ...     print(row.tokens, [(read.place, read.target, read.index) for read in row.reads])
    (1, 2) [(1, 3, 0), (1, 4, 1)]
    (1, 2, 4) [(1, 4, 2), (2, 5, 3)]
    """
    return [Row.chain(tokens, tuple(reads)) for tokens, reads in texts_of_pairs(pairs).items()]


def texts_of_pairs(pairs: Sequence[Pair]) -> dict[tuple[int, ...], list[Read]]:
    """Give each distinct text, a context with a continuation less its last token, and what is read of it."""
    texts: dict[tuple[int, ...], list[Read]] = {}
    index = 0
    for context, continuation in pairs:
        reads = texts.setdefault(context + continuation[:-1], [])
        for place, target in enumerate(continuation, start=len(context) - 1):
            reads.append(Read(place, target, index))
            index += 1
    return texts


def texts_of_row(row: Row) -> list[Row]:
    """Take the texts of a row apart, each into a row of its own; every question is asked in one of them.

    Parameters
    ----------
    row : Row
        Perhaps one that branches.

    Returns
    -------
    list of Row
        Of a row that does not branch, the row alone.

    Examples
    --------
    >>> branching = Row((1, 2, 7, 9), (0, 1, 2, 2), (4, 4, 3, 4), (Read(1, 7, 0), Read(2, 8, 1), Read(3, 8, 2)))
    >>> for text in texts_of_row(branching):
    ...     print(text.tokens, text.positions, [(read.place, read.index) for read in text.reads])
    (1, 2, 7) (0, 1, 2) [(1, 0), (2, 1)]
    (1, 2, 9) (0, 1, 2) [(2, 2)]
    """
    waiting = sorted(row.reads, key=lambda read: read.place)
    texts = []
    for last in range(len(row.tokens)):
        if row.ends[last] != last + 1:  # a token behind it sees it
            continue
        path = [place for place in range(last + 1) if last < row.ends[place]]
        places = {place: new for new, place in enumerate(path)}
        own = tuple(Read(places[read.place], read.target, read.index) for read in waiting if read.place in places)
        waiting = [read for read in waiting if read.place not in places]
        length = len(path)
        tokens, positions = (tuple(each[place] for place in path) for each in (row.tokens, row.positions))
        texts.append(Row(tokens, positions, (length,) * length, own))
    return texts


def rows_of_text(index: int, begin: tuple[int, ...], tokens: tuple[int, ...], limit: int | None) -> Iterator[Row]:
    """Plan to weigh every token of a running text, each once.

    A text that is longer than the context is read in windows that overlap by half, and the
    tokens of the later half are weighed: each has at least half a context before it, or
    the text from its beginning.

    Parameters
    ----------
    index : int
        Number of the first question.
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
    ...     print(row.tokens, [(read.place, read.target) for read in row.reads])
    (1, 5, 6, 7) [(0, 5), (1, 6), (2, 7), (3, 8)]
    (1, 6, 7, 8) [(3, 9)]
    """
    room = len(tokens) if limit is None else limit - len(begin)
    weighed = skipped = 0 if begin else 1
    while weighed < len(tokens):
        last = room + 1 if weighed == skipped else weighed + max(1, (room + 1) // 2)
        last = min(last, len(tokens))
        first = max(0, last - room - 1)
        before = len(begin) - first - 1
        reads = tuple(Read(before + place, tokens[place], index + place - skipped) for place in range(weighed, last))
        yield Row.chain(begin + tokens[first : last - 1], reads)
        weighed = last
