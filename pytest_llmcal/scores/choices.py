"""What a model said about every choice of every item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, logsumexp

from pytest_llmcal.metrics.binning import FloatArray, IndexArray

Doubles = npt.NDArray[np.float64]

# Numbers turned to double precision at once: 2 MB, which stays in the processor's cache.
_AT_ONCE = 1 << 18


@dataclass(frozen=True, eq=False)
class Choices:
    """Logits or probabilities over choices, with the right ones. Immutable.

    Takes its arrays over without a copy: hand it ``frozen`` ones, or such as nobody else holds. The latter
    are faster: numpy copies what it may not write to before it looks for the largest.

    Attributes
    ----------
    values : array of shape (n, k)
        Logits, or probabilities. A choice that an item does not have is minus
        infinity, or zero.
    are_logits : bool
        Which of the two; said by whoever made it, never guessed from the values.
    labels : array of shape (n,)
        Index of the right choice.
    truth : array of shape (n, k) or None
        True probabilities where they are known.
    chosen : array of shape (n,)
        Index of the most probable choice, the first among equals; found out here.
    """

    values: FloatArray
    are_logits: bool
    labels: IndexArray
    truth: FloatArray | None
    chosen: IndexArray = field(init=False)

    def __post_init__(self) -> None:
        # Slice by slice, so that such a copy is small.
        chosen = np.concatenate([self.values[rows].argmax(axis=1) for rows in self._slices()])
        object.__setattr__(self, "chosen", locked(chosen))
        for name in ("values", "labels", "truth"):
            array = getattr(self, name)
            object.__setattr__(self, name, None if array is None else locked(array))

    def __reduce__(self) -> tuple[Any, ...]:
        return Choices, (self.values, self.are_logits, self.labels, self.truth)  # arrays come back writeable

    def top_probability(self) -> FloatArray:
        """Return the probability of the chosen answer, shape (n,)."""
        if not self.are_logits:
            return np.take_along_axis(self.values, self.chosen[:, None], axis=1)[:, 0]
        return np.concatenate([np.exp(part.max(axis=1)) for _, part in self.log_probabilities()])

    def log_probabilities(self) -> Iterator[tuple[slice, Doubles]]:
        """Yield natural logarithms in double precision, a slice of rows at a time."""
        for rows in self._slices():
            values = self.values[rows].astype(np.float64)
            if self.are_logits:
                yield rows, np.asarray(log_softmax(values, axis=1))
            else:
                with np.errstate(divide="ignore"):  # log 0 is minus infinity, on purpose
                    yield rows, np.log(values)

    def probabilities(self) -> Iterator[tuple[slice, FloatArray]]:
        """Yield probabilities in the precision of the values, of logits in double, a slice of rows at a time."""
        if self.are_logits:
            yield from ((rows, np.exp(logs)) for rows, logs in self.log_probabilities())
        else:
            yield from ((rows, self.values[rows]) for rows in self._slices())

    def columns(self) -> Callable[[int], Doubles]:
        """Return a function from a choice to its probability for each item, shape (n,)."""
        if not self.are_logits:
            return lambda choice: self.values[:, choice].astype(np.float64)
        # The largest is taken off first: adding a number to all logits of an item then changes no digit, and no tie.
        top = self.values.max(axis=1).astype(np.float64)
        normaliser = np.concatenate([logsumexp(self.values[rows] - top[rows, None], axis=1) for rows in self._slices()])
        return lambda choice: np.exp((self.values[:, choice] - top) - normaliser)

    def _slices(self) -> Iterator[slice]:
        rows_at_once = max(1, _AT_ONCE // self.values.shape[1])
        for start in range(0, len(self.values), rows_at_once):
            yield slice(start, start + rows_at_once)

    def present(self) -> npt.NDArray[np.bool_]:
        """Return which choices each item has, shape (n, k). A probability of zero counts as none."""
        return np.asarray(np.isfinite(self.values) if self.are_logits else self.values > 0.0)

    def true_accuracy(self) -> Doubles | None:
        """Return the true probability that the chosen answer is right, shape (n,), where it is known."""
        if self.truth is None:
            return None
        return np.take_along_axis(self.truth, self.chosen[:, None], axis=1)[:, 0].astype(np.float64)

    def take(self, index: IndexArray) -> Choices:
        """Return the rows at ``index``."""
        truth = None if self.truth is None else self.truth[index]
        return Choices(self.values[index], self.are_logits, self.labels[index], truth)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a copy that can neither be written to, nor be made writeable again."""
    return locked(np.array(array, order="C"))


def locked(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the same numbers, read-only for good, for an array that nobody else holds.

    ``array.flags.writeable = False`` can be undone. A view of a read-only buffer
    cannot: numpy asks the buffer.
    """
    return np.asarray(array.data.toreadonly())
