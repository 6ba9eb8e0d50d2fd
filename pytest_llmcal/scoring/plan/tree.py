"""What texts have in common is run once: a tree of shared beginnings, and rows that branch.

All texts, each a context with a continuation, are put in order. What two neighbours have in common is then as
long as it gets, and a text needs only those tokens run that its forerunner does not have. Where
a part shared by several rows is long, its keys and values are computed once and kept while
the rows behind it are run (a `Branch`); where it is short, it is run again in each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from pytest_llmcal.scoring.plan.rows import Pair, Read, Row, texts_of_pairs


@dataclass(frozen=True)
class Costs:
    """What decides between running tokens again and sharing them.

    Attributes
    ----------
    keys_per_token : float
        How many keys a token must attend to until that costs as much as all else that is done for the token. About
        three times the width of the model.
    most_row : int
        Most tokens of a row that branches.
    least_prefix : int
        Shared beginnings with fewer tokens are run again.
    most_prefix : int
        Most tokens whose keys and values are kept at one time, those of a beginning and of each shorter one
        that it continues counted apart.
    least_behind : int
        Fewer tokens than these behind a shared beginning make batches that are too small to be worth it.
    """

    keys_per_token: float
    most_row: int = 1_024
    least_prefix: int = 16
    most_prefix: int = 100_000
    least_behind: int = 128


MERGING = 0.1
"""Work, by token behind a kept beginning, of attending to it apart and joining both."""


@dataclass
class Branch:
    """A shared beginning and all that stands behind it.

    Attributes
    ----------
    start : int
        Position of ``tokens[0]``: how many tokens are shared further up.
    tokens : tuple of int
        Those whose keys and values are kept while the rows and branches are run; none at the root.
    rows : list of Row
        Rows behind them; their positions begin at ``start + len(tokens)``.
    branches : list of Branch
        Longer beginnings behind them.
    """

    start: int = 0
    tokens: tuple[int, ...] = ()
    rows: list[Row] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)


def branch_of_pairs(pairs: Sequence[Pair], costs: Costs) -> Branch:
    """Plan to weigh continuations after contexts, and run once what they share where that pays.

    Parameters
    ----------
    pairs : sequence of (context, continuation)
    costs : Costs

    Returns
    -------
    Branch
        The root, without tokens.

    Examples
    --------
    >>> [row] = branch_of_pairs([((1, 2), (7, 8)), ((1, 2), (9, 8))], Costs(keys_per_token=100)).rows
    >>> row.tokens, row.positions, row.ends
    ((1, 2, 7, 9), (0, 1, 2, 2), (4, 4, 3, 4))
    >>> [(read.place, read.target, read.index) for read in row.reads]
    [(1, 7, 0), (2, 8, 1), (1, 9, 2), (3, 8, 3)]
    """
    root = Branch()
    texts = _Texts(pairs)
    if texts.tokens:
        _grow(root, texts, costs)
    return root


class _Texts:
    """The distinct texts in order, what each shares with the one before it, and what is read of each.

    Attributes
    ----------
    tokens : list of tuple of int
        Contexts with their continuations less the last token.
    shared : (n,) array of int
        Tokens that a text has in common with the one before it; 0 for the first.
    first_read : (n,) array of int
        First place of a text that is read.
    reads : list of list of Read
        Places count from the beginning of the text.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        reads = texts_of_pairs(pairs)
        self.tokens = sorted(reads)
        self.reads = [reads[tokens] for tokens in self.tokens]
        self.first_read = np.array([min(read.place for read in own) for own in self.reads], dtype=np.int64)
        self.shared = np.zeros(len(self.tokens), dtype=np.int64)
        before = np.zeros(0, dtype=np.int64)
        for number, tokens in enumerate(self.tokens):
            own = np.array(tokens, dtype=np.int64)
            self.shared[number] = _in_common(before, own)
            before = own
        self.lengths = np.array([len(tokens) for tokens in self.tokens], dtype=np.int64)

    def work(self, low: int, high: int, kept: int) -> int:
        """Tokens of one row with the texts from ``low`` to before ``high``, behind ``kept`` ones."""
        new = self.lengths[low + 1 : high] - self.shared[low + 1 : high]
        return int(self.lengths[low] - kept + new.sum())


def _in_common(first: np.ndarray, second: np.ndarray) -> int:
    least = min(len(first), len(second))
    unlike = first[:least] != second[:least]
    return int(unlike.argmax()) if unlike.any() else least


def _grow(root: Branch, texts: _Texts, costs: Costs) -> None:
    """Put all texts behind the root, each group of them that begins alike in its turn."""
    waiting = [(root, 0, len(texts.tokens), 0)]
    while waiting:
        branch, low, high, spent = waiting.pop()
        kept = branch.start + len(branch.tokens)
        if high - low == 1:
            branch.rows.append(_row(texts, low, high, kept))
            continue
        common = int(texts.shared[low + 1 : high].min())
        groups = _groups(texts, low, high, common, common - kept, costs)
        prefix = min(common, int(texts.first_read[low:high].min()), costs.most_prefix - spent)
        if len(groups) > 1 and _is_worth_keeping(prefix - kept, len(groups), texts.work(low, high, common), costs):
            branch.branches.append(Branch(kept, texts.tokens[low][kept:prefix]))
            waiting.append((branch.branches[-1], low, high, spent + prefix))
            continue
        for first, last, is_one in groups:
            if is_one and len(groups) > 1:
                waiting.append((branch, first, last, spent))
            else:
                branch.rows.append(_row(texts, first, last, kept))


def _is_worth_keeping(prefix: int, groups: int, behind: int, costs: Costs) -> bool:
    if prefix < costs.least_prefix or behind < costs.least_behind:
        return False
    return (groups - 1) * prefix > MERGING * behind


def _groups(texts: _Texts, low: int, high: int, common: int, stem: int, costs: Costs) -> list[tuple[int, int, bool]]:
    """Texts that go into one row: from, to before, and whether they are one child of the tree, to be looked at further.

    Two that share a stem save its work if they are in one row, and look past each other's tokens in vain.
    """
    edges = [low, *(low + 1 + np.flatnonzero(texts.shared[low + 1 : high] == common)).tolist(), high]
    groups: list[tuple[int, int, bool]] = []
    size = 0
    for first, last in pairwise(edges):
        new = texts.work(first, last, common)
        in_vain = 2 * size * new / costs.keys_per_token
        if groups and in_vain < stem and stem + size + new <= costs.most_row:
            groups[-1] = (groups[-1][0], last, False)
            size += new
        else:
            groups.append((first, last, True))
            size = new
    return groups


def _row(texts: _Texts, low: int, high: int, kept: int) -> Row:
    """One row with the texts from ``low`` to before ``high``, behind ``kept`` tokens that they share."""
    tokens: list[int] = []
    positions: list[int] = []
    ends: list[int] = []
    reads: list[Read] = []
    path: list[int] = []  # for each position of the current text, its place in the row
    for number in range(low, high):
        shared = 0 if number == low else int(texts.shared[number]) - kept
        for place in path[shared:]:
            ends[place] = len(tokens)
        del path[shared:]
        own = texts.tokens[number][kept + shared :]
        path.extend(range(len(tokens), len(tokens) + len(own)))
        tokens.extend(own)
        ends.extend([0] * len(own))
        positions.extend(range(kept + shared, kept + shared + len(own)))
        reads.extend(Read(path[read.place - kept], read.target, read.index) for read in texts.reads[number])
    for place in path:
        ends[place] = len(tokens)
    return Row(tuple(tokens), tuple(positions), tuple(ends), tuple(reads))
