"""Vector scaling: a weight and a bias for each choice."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators.affine import Affine, strength
from pytest_llmcal.calibrators.inputs import Kind
from pytest_llmcal.scores.choices import Doubles
from pytest_llmcal.scores.logit_map import LogitMap


class Vector(Affine):
    """softmax(diag(w) ln p / T + b): a weight and a bias for each choice (Guo, Pleiss, Sun, Weinberger 2017).

    The paper fits w and b by likelihood alone, to the logits as they are. Ours are the logarithms of the
    probabilities p, so that a number added to all logits of an item changes nothing, divided by the temperature T
    that fits best; and a small penalty keeps the fit finite:
    ``mean NLL + penalty / (2 n) (|w - 1|^2 + |b|^2)``, as if each were drawn from a standard normal distribution.
    So a choice that is never right among n items gets a bias of about minus ln n, not minus infinity.

    It assumes that choice j of one item means what choice j of another means, as with fixed classes. Where
    choices are the letters of a multiple-choice question, a bias is a preference for a position: removing it
    debiases the letters (as by PriDe; Zheng, Zhou, Meng, Zhou, Huang 2024), and w and b say nothing about the
    subject. It needs some tens of items for each choice. It may change the chosen answers and the ranking; a missing
    choice stays missing and adds nothing to the others.

    Parameters
    ----------
    penalty : float, default 1
        Above zero. The smaller, the nearer to the paper.

    Attributes
    ----------
    temperature, weights, bias, at_bound, gradient
        See ``Affine``; weights have shape (k,).

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores.from_logits([[2.0, 0.0], [1.0, 0.0]] * 50, [0, 1, 0, 0, 1] * 20)
    >>> Vector().fit(scores)
    Vector(T=4.098, largest_bias=0.06177)
    """

    name: ClassVar[str] = "vector"
    options: ClassVar[tuple[str, ...]] = ("penalty",)
    inputs: ClassVar[Kind] = "log-probabilities"
    is_matrix: ClassVar[bool] = False

    def __init__(self, penalty: float = 1.0) -> None:
        super().__init__()
        self.penalty = strength("penalty", penalty)

    def logit_map(self) -> LogitMap | None:
        """Return temperature, weights and biases; None before ``fit``."""
        if self.temperature is None or self.weights is None or self.bias is None:
            return None
        return LogitMap(self.temperature, tuple(self.weights.tolist()), tuple(self.bias.tolist()))

    def _penalties(self, n: int, k: int) -> tuple[Doubles, float]:
        each = 0.5 * self.penalty / n
        return np.full(k, each), each
