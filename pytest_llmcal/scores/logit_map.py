"""What a calibrator does to logits, in numbers that any server can apply."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LogitMap:
    """A map of the logarithms of the options' probabilities, one option at a time.

    Calibrated probabilities are ``softmax(scale * log p / temperature + bias)``, where p are the model's
    probabilities of the options, which sum to one over them.

    Attributes
    ----------
    temperature : float
        Above zero; the same for every option.
    scale, bias : tuple of float or None
        One number an option, in the order of an item's choices; None stands for ones, and for zeros.
    """

    temperature: float = 1.0
    scale: tuple[float, ...] | None = None
    bias: tuple[float, ...] | None = None
