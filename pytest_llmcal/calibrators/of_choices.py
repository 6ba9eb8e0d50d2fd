"""What calibrators of the probabilities of all choices have in common."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.metrics.binning import FloatArray
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Choices

# Numbers worked on at once: half a megabyte in single precision, which stays in the processor's cache.
_AT_ONCE = 1 << 17


def choices_of(scores: Scores, what: str) -> Choices:
    """Return the choices of scores.

    Parameters
    ----------
    scores : Scores
        Made of logits or probabilities.
    what : str
        Who asks, for the text of the error.

    Raises
    ------
    CalibratorError
        If the scores hold one confidence an item.
    """
    if scores.choices is None:
        raise CalibratorError(
            f"{what} needs logits or probabilities over the choices, but {scores!r} holds one "
            "confidence per item; 'platt', 'isotonic' and other calibrators of a confidence need no more, and scores "
            "with choices are made with Scores.from_logits or Scores.from_probabilities"
        )
    return scores.choices


def refuse_impossible(scores: Scores, choices: Choices, what: str) -> None:
    """Refuse a right choice of probability zero, which no map of its logarithm mends."""
    right = choices.values[np.arange(len(scores)), choices.labels]
    impossible = (right == -np.inf) if choices.are_logits else (right == 0.0)
    if impossible.any():
        index = int(impossible.argmax())
        item = f"item {scores.ids[index]!r}" if scores.ids else f"item {index}"
        raise CalibratorError(
            f"{item} gives its right choice probability zero, which no {what} mends; "
            "probabilities lose small values in rounding, logits (Scores.from_logits) do not"
        )


def logits_of(choices: Choices) -> Iterator[tuple[slice, FloatArray]]:
    """Yield logits, or logarithms of probabilities, in single precision or better, a slice of rows at a time.

    Those of choices that are not there, or have probability zero, are minus infinity.
    """
    dtype = np.promote_types(choices.values.dtype, np.float32)
    rows_at_once = max(1, _AT_ONCE // choices.values.shape[1])
    for start in range(0, len(choices.values), rows_at_once):
        rows = slice(start, start + rows_at_once)
        values = choices.values[rows].astype(dtype)
        if not choices.are_logits:
            with np.errstate(divide="ignore"):  # log 0 is minus infinity, on purpose
                np.log(values, out=values)
        yield rows, values


def distances(choices: Choices) -> Iterator[tuple[slice, FloatArray]]:
    """Yield logits less the largest of each item, so at most zero, a slice of rows at a time."""
    for rows, logits in logits_of(choices):
        logits -= np.take_along_axis(logits, choices.chosen[rows, None], axis=1)
        yield rows, logits
