"""Bins of every kind, as one thing: upper edges that a confidence is held against.

Each bin holds the confidences above the edge before it and up to its own, so equal
confidences always share a bin, and no result depends on the order of the items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.binning import Answers, FloatArray, IndexArray, uniform_bins, uniform_edges

Binning = Literal["auto", "uniform", "equal-mass", "unique", "sweep"]
BINNINGS: tuple[Binning, ...] = ("auto", "uniform", "equal-mass", "unique", "sweep")

# Where there are no more distinct confidences than this many times the bins asked for, and at least four items
# for each, every one is a bin of its own: verbalised confidences stand on the edges of uniform bins.
_LEVELS_A_BIN = 2
_ITEMS_A_LEVEL = 4
_FIRST_LOOK = 4096
# Where accuracies rise up to the last item, more bins no longer change what is measured, only take time.
_MOST_SWEPT = 500


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins by their upper edges.

    Attributes
    ----------
    kind : {"uniform", "equal-mass", "unique", "sweep", "corp"}
        How they were made.
    upper : array of shape (bins,)
        Upper edges, rising; the last one is at least the greatest confidence.
    """

    kind: Literal["uniform", "equal-mass", "unique", "sweep", "corp"]
    upper: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.upper)

    @property
    def lower(self) -> npt.NDArray[np.float64]:
        """Lower edges: of each bin but the first the upper edge of the one before."""
        return np.concatenate([[0.0], self.upper[:-1]])

    def of(self, confidence: FloatArray) -> IndexArray:
        """Return the index of each confidence's bin."""
        if self.kind == "uniform":
            return uniform_bins(confidence, len(self))
        return np.searchsorted(self.upper, confidence, side="left")

    def __str__(self) -> str:
        plural = "" if len(self) == 1 else "s"
        words = {
            "uniform": f"{len(self)} uniform bin{plural}",
            "equal-mass": f"{len(self)} bin{plural} of equal mass",
            "unique": f"{len(self)} distinct confidence{plural}",
            "sweep": f"{len(self)} bin{plural} of equal mass, as many as keep the accuracies rising",
            "corp": f"{len(self)} pool{plural} of isotonic regression",
        }
        return words[self.kind]


def make_bins(confidence: FloatArray, correct: Answers, bins: int = 15, binning: Binning = "auto") -> Bins:
    """Return bins for these answers.

    Parameters
    ----------
    confidence, correct : arrays of shape (n,)
        Confidences within [0, 1], and what was right; ``"sweep"`` alone looks at the latter.
    bins : int
        Number of bins asked for; ``"unique"`` and ``"sweep"`` find their own.
    binning : {"auto", "uniform", "equal-mass", "unique", "sweep"}
        ``"uniform"``: edges m / bins. ``"equal-mass"``: about equally many items in each, equal
        confidences together. ``"unique"``: each distinct confidence. ``"sweep"``: the most bins of
        equal mass up to which accuracies rise with confidence (Roelofs, Cain, Shlens, Mozer 2022).
        ``"auto"``: ``"unique"`` where confidences are few discrete levels (at most 2 * bins,
        with four items or more for each on average), else ``"uniform"``.

    Examples
    --------
    >>> c = np.repeat([0.3, 0.8], 10)
    >>> str(make_bins(c, c > 0.5)), make_bins(c, c > 0.5).upper.tolist()
    ('2 distinct confidences', [0.3, 0.8])
    """
    if binning == "auto":
        levels = _few_levels(confidence, min(_LEVELS_A_BIN * bins, len(confidence) // _ITEMS_A_LEVEL))
        return uniform(bins) if levels is None else Bins("unique", levels)
    if binning == "uniform":
        return uniform(bins)
    levels, count = _levels(confidence)
    if binning == "unique":
        return Bins("unique", levels)
    if binning == "equal-mass":
        return Bins("equal-mass", levels[_last_of_groups(count, bins)])
    if binning == "sweep":
        return _sweep(confidence, correct, levels, count)
    raise ValueError(f"binning must be one of {', '.join(BINNINGS)}, got {binning!r}")


def uniform(bins: int) -> Bins:
    """Return bins of equal width."""
    return Bins("uniform", uniform_edges(bins)[1:])


def _levels(confidence: FloatArray) -> tuple[npt.NDArray[np.float64], IndexArray]:
    levels, count = np.unique(confidence, return_counts=True)
    return levels.astype(np.float64), count


def _few_levels(confidence: FloatArray, most: int) -> npt.NDArray[np.float64] | None:
    """Return the distinct confidences, or None if there are more than ``most``: nearly always soon known."""
    if len(np.unique(confidence[:_FIRST_LOOK])) > most:
        return None
    levels = np.unique(confidence)
    return levels.astype(np.float64) if len(levels) <= most else None


def _last_of_groups(count: IndexArray, groups: int) -> IndexArray:
    """Cut levels with ``count`` items each into at most ``groups`` of about equal mass; return the last of each.

    Each level goes where the middle of its items falls.
    """
    middle = np.cumsum(count) - 0.5 * count
    group = np.floor(middle * groups / count.sum()).astype(np.intp)
    return np.flatnonzero(np.append(np.diff(group), 1))


def _sweep(confidence: FloatArray, correct: Answers, levels: npt.NDArray[np.float64], count: IndexArray) -> Bins:
    place = np.searchsorted(levels, confidence)
    right = np.cumsum(np.bincount(place, np.asarray(correct, dtype=np.float64)))
    items = np.cumsum(count)
    best = _last_of_groups(count, 1)
    for groups in range(2, min(len(levels), _MOST_SWEPT) + 1):
        last = _last_of_groups(count, groups)
        accuracy = np.diff(right[last], prepend=0.0) / np.diff(items[last], prepend=0)
        if (np.diff(accuracy) < 0.0).any():
            break
        best = last
    return Bins("sweep", levels[best])
