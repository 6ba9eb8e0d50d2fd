"""The distinct confidences of answers, how many items have each, and how many of those were right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators.confidence_maps import Doubles, Right
from pytest_llmcal.metrics.binning import IndexArray
from pytest_llmcal.metrics.graded import is_graded
from pytest_llmcal.metrics.isotonic import rising

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True, eq=False)
class Levels:
    """Distinct confidences, or neighbours of them pooled, rising. Equal confidences are never told apart.

    Attributes
    ----------
    lowest, highest : arrays of shape (m,)
        Least and greatest confidence of each; the same where nothing was pooled.
    total : array of shape (m,)
        Sum of the confidences.
    count, right : arrays of shape (m,)
        Items, and how many of them were right: of graded answers the sum of their grades.
    """

    lowest: Doubles
    highest: Doubles
    total: Doubles
    count: Doubles
    right: Doubles

    def __len__(self) -> int:
        return len(self.count)

    @classmethod
    def of(cls, confidence: Doubles, correct: Right) -> Self:
        """Count the items of each distinct confidence.

        Examples
        --------
        >>> Levels.of(np.array([0.5, 0.9, 0.5]), np.array([True, True, False])).right.tolist()
        [1.0, 1.0]
        """
        if is_graded(correct):
            c, place, counted = np.unique(np.abs(confidence), return_inverse=True, return_counts=True)
            count = counted.astype(np.float64)
            return cls(c, c, c * count, count, np.bincount(place, correct).astype(np.float64))
        # The bits of doubles that are not negative sort as they do, and leave the sign's bit free for the answer:
        # one sort of plain numbers takes two thirds of the time of finding an order and following it.
        packed = np.left_shift(np.abs(confidence).view(np.uint64), 1) | correct.astype(np.bool_, copy=False)
        packed.sort()
        c = np.right_shift(packed, 1).view(np.float64)
        first = np.flatnonzero(np.append(True, c[1:] > c[:-1]))
        count = np.diff(first, append=len(c)).astype(np.float64)
        right = np.add.reduceat((packed & 1).astype(np.float64), first)
        return cls(c[first], c[first], c[first] * count, count, right)

    @property
    def accuracy(self) -> Doubles:
        """Share of right answers."""
        return self.right / self.count

    @property
    def centre(self) -> Doubles:
        """Mean confidence."""
        return np.clip(self.total / self.count, self.lowest, self.highest)  # a mean of equals is rounded, too

    @property
    def upper(self) -> Doubles:
        """Upper edges: halfway to the next, and 1 for the last."""
        halfway = 0.5 * (self.highest[:-1] + self.lowest[1:])
        return np.append(np.where(halfway < self.lowest[1:], halfway, self.highest[:-1]), 1.0)

    def pooled(self, first: IndexArray) -> Levels:
        """Pool those from each of ``first`` up to the one before the next."""
        last = np.append(first[1:], len(self)) - 1
        sums = (np.add.reduceat(column, first) for column in (self.total, self.count, self.right))
        return Levels(self.lowest[first], self.highest[last], *sums)

    def isotonic(self) -> Levels:
        """Pool adjacent violators: the fewest pools whose shares of right answers rise.

        Examples
        --------
        >>> Levels.of(np.array([0.2, 0.6, 0.8]), np.array([True, False, True])).isotonic().accuracy.tolist()
        [0.5, 1.0]
        """
        fitted = rising(self.accuracy, self.count)
        return self.pooled(np.flatnonzero(np.append(True, fitted[1:] > fitted[:-1])))

    def equal_mass(self, groups: int) -> IndexArray:
        """Return the first of each group, where they are cut into at most so many of about equal mass.

        Each goes where the middle of its items falls, as in ``metrics.bins``; in whole numbers, so that
        nothing is rounded.

        Examples
        --------
        >>> Levels.of(np.array([0.1, 0.2, 0.2, 0.3]), np.ones(4, dtype=bool)).equal_mass(2).tolist()
        [0, 1]
        """
        items = int(self.count.sum())
        edge = -(-2 * items * np.arange(groups, dtype=np.int64) // groups)  # rounded up
        first: npt.NDArray[np.intp] = np.unique(np.searchsorted(self._twice_middle, edge, side="left"))
        return first[first < len(self)]

    @cached_property
    def _twice_middle(self) -> npt.NDArray[np.int64]:
        """Twice the number of items up to the middle of each: a whole number."""
        return (2.0 * np.cumsum(self.count) - self.count).astype(np.int64)
