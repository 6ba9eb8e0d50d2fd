"""What calibrators of the probabilities of all choices have in common."""

from __future__ import annotations

import numpy as np

from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Choices


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
            "confidence per item; make it with Scores.from_logits or Scores.from_probabilities"
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
