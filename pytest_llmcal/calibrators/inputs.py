"""What affine maps of all choices' logits multiply: one row of numbers an item, whatever was added to its logits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import logsumexp

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import logits_of
from pytest_llmcal.scores.choices import Choices, Doubles
from pytest_llmcal.scores.validation import Mask

Kind = Literal["centred logits", "log-probabilities", "scaled log-probabilities"]
Slice = tuple[slice, Doubles, Mask | None]
# Numbers in double precision that are kept from one pass to the next.
_KEPT = 1 << 23
# A logit this far below the largest stands for no choice at all, and would swamp all others of its item.
_FARTHEST = 1e5


@dataclass(frozen=True, eq=False)
class Inputs:
    """Logits divided by a temperature, less a number for each item that makes them unique.

    Softmax knows logits up to a number added to all of an item, but an affine map does not. That number is the
    mean over the choices that are there ("centred logits"), the logarithm of the sum of exponentials
    ("log-probabilities", which are divided by T afterwards), or the same after the division ("scaled
    log-probabilities", those of the model at T).

    Attributes
    ----------
    choices : Choices
        What the model said.
    kind : str
        Which number is taken off.
    temperature : float
        What logits are divided by.
    kept_slices : list or None
        What ``slices`` yields, where there was room to keep it.
    """

    choices: Choices
    kind: Kind
    temperature: float
    kept_slices: list[Slice] | None = None

    def kept(self) -> Inputs:
        """Return the same, worked out once if that takes no more than 64 MB."""
        return replace(self, kept_slices=list(self.slices())) if self.choices.values.size <= _KEPT else self

    def slices(self) -> Iterator[Slice]:
        """Yield rows, their numbers, and which choices are missing (None for none): these get zero."""
        if self.kept_slices is not None:
            yield from self.kept_slices
            return
        for rows, logits in logits_of(self.choices):
            values = logits.astype(np.float64)
            missing = np.isneginf(values)
            self._refuse_swamping(values, missing, rows.start)
            if self.kind == "centred logits":
                values -= values.mean(axis=1, keepdims=True, where=~missing)
                values /= self.temperature
            elif self.kind == "log-probabilities":
                values -= logsumexp(values, axis=1, keepdims=True)
                values /= self.temperature
            else:
                values /= self.temperature
                values -= logsumexp(values, axis=1, keepdims=True)
            values[missing] = 0.0
            yield rows, values, missing if missing.any() else None

    def _refuse_swamping(self, values: Doubles, missing: Mask, start: int) -> None:
        far = (values < values.max(axis=1, keepdims=True) - _FARTHEST) & ~missing
        if far.any():
            row, column = map(int, np.argwhere(far)[0])
            raise CalibratorError(
                f"logits[{start + row}][{column}] is {values[row, column]:.6g}, more than {_FARTHEST:g} below the "
                "largest of its item; a choice that is not there has the logit -inf"
            )
