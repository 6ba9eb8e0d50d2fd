"""Carries out a plan batch by batch, within a budget of tokens that gives way to memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from pytest_llmcal.scoring.budget import Budget
from pytest_llmcal.scoring.kernels.attention import Kept
from pytest_llmcal.scoring.kernels.packed import PackedForward
from pytest_llmcal.scoring.kernels.plain import PlainForward
from pytest_llmcal.scoring.kernels.reading import Answers, Pending
from pytest_llmcal.scoring.plan import Branch, Row, longest_first, next_batch, texts_of_row

Tell = Callable[[int], None]
"""Called with the number of questions that were answered since the last call."""

_UNDER_WAY = 2
"""Batches that a GPU is given before the answers of the first are fetched."""


class Running:
    """One run of a plan.

    Parameters
    ----------
    budget : Budget
    answers : Answers
        Where the answers go.
    tell : callable, optional
    """

    def __init__(self, budget: Budget, answers: Answers, tell: Tell | None = None) -> None:
        self._budget = budget
        self._answers = answers
        self._tell = tell
        self._pending: deque[Pending] = deque()

    def plain(self, forward: PlainForward, rows: Sequence[Row]) -> None:
        """Run rows on the plain path."""
        self._rows(forward.run, rows, padded=True)

    def packed(self, forward: PackedForward, branch: Branch, kept: Kept | None = None) -> None:
        """Run all that stands behind a branch on the packed path, depth first: few keys and values are kept at once."""
        kept = self._kept(forward, branch, kept or {})
        self._rows(partial(forward.run, kept=kept), branch.rows, padded=False)
        for longer in branch.branches:
            self.packed(forward, longer, kept)

    def finish(self) -> None:
        """Fetch what is still under way."""
        while self._pending:
            self._fetch()

    def _kept(self, forward: PackedForward, branch: Branch, kept: Kept) -> Kept:
        done = 0
        while done < len(branch.tokens):
            part = branch.tokens[done : done + self._budget.tokens]
            begin = branch.start + done
            row = Row(part, tuple(range(begin, begin + len(part))), (len(part),) * len(part), ())
            longer = self._budget.tried(partial(forward.keep, row, kept), len(part), is_least=len(part) == 1)
            if longer is not None:
                kept, done = longer, done + len(part)
        return kept

    def _rows(self, run: Callable[[list[Row]], Pending], rows: Sequence[Row], *, padded: bool) -> None:
        ordered = longest_first(rows)
        start = 0
        while start < len(ordered):
            batch = next_batch(ordered, start, self._budget.tokens, padded=padded)
            lengths = [len(row.tokens) for row in batch]
            tokens = max(lengths) * len(batch) if padded else sum(lengths)
            apart = texts_of_row(batch[0]) if len(batch) == 1 else []
            pending = self._budget.tried(partial(run, batch), tokens, is_least=len(apart) == 1)
            if pending is None and apart:
                ordered[start : start + 1] = apart
            if pending is None:
                continue
            start += len(batch)
            self._pending.append(pending)
            if len(self._pending) >= _UNDER_WAY:
                self._fetch()

    def _fetch(self) -> None:
        answered = self._pending.popleft().fetch(self._answers)
        if self._tell is not None:
            self._tell(answered)
