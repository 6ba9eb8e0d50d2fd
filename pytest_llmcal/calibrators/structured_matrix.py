"""Structured matrix scaling: a matrix whose freedom grows with the number of items."""

from __future__ import annotations

from typing import ClassVar

from pytest_llmcal.calibrators.affine import Affine, matrix_of, strength
from pytest_llmcal.calibrators.inputs import Kind
from pytest_llmcal.scores.choices import Doubles


class StructuredMatrix(Affine):
    """softmax((I + diag(v) + M) x + b) after temperature scaling (Berta, Holzmueller, Jordan, Bach 2026).

    x are the log-probabilities at the best temperature, and M has no diagonal. Of the paper and its ridge variant
    are the map and the penalties beside the mean NLL: ``k^rho / n^tau (lambda_bias |b|^2 + lambda_diagonal |v|^2) +
    lambda_off_diagonal (k (k - 1))^rho / n^tau |M|^2``. So few items leave temperature scaling, and many free the
    matrix. Ours are the search by L-BFGS and temperature scaling as it stands; the paper's implementation mixes in a
    uniform distribution first, and offers other penalties.

    It assumes, weakly, that choice j means the same in each item; letters of multiple-choice questions give
    positions, see ``Vector``. It may change the chosen answers and the ranking; a missing choice, or one of
    probability zero, stays so and adds nothing to the others.

    Parameters
    ----------
    lambda_bias, lambda_diagonal, lambda_off_diagonal : float, default 1
        Strengths, above zero.
    rho, tau : float, default 1
        Powers of the numbers of choices and items, above zero.

    Attributes
    ----------
    temperature, weights, bias, at_bound, gradient
        See ``Affine``; weights are I + diag(v) + M, of shape (k, k).

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores.from_logits([[2.0, 0.0], [1.0, 0.0]] * 50, [0, 1, 0, 0, 1] * 20)
    >>> StructuredMatrix().fit(scores).weights.shape
    (2, 2)
    """

    name: ClassVar[str] = "structured-matrix"
    options: ClassVar[tuple[str, ...]] = ("lambda_bias", "lambda_diagonal", "lambda_off_diagonal", "rho", "tau")
    inputs: ClassVar[Kind] = "scaled log-probabilities"
    is_matrix: ClassVar[bool] = True

    def __init__(
        self,
        lambda_bias: float = 1.0,
        lambda_diagonal: float = 1.0,
        lambda_off_diagonal: float = 1.0,
        rho: float = 1.0,
        tau: float = 1.0,
    ) -> None:
        super().__init__()
        self.lambda_bias = strength("lambda_bias", lambda_bias)
        self.lambda_diagonal = strength("lambda_diagonal", lambda_diagonal)
        self.lambda_off_diagonal = strength("lambda_off_diagonal", lambda_off_diagonal)
        self.rho = strength("rho", rho)
        self.tau = strength("tau", tau)

    def _penalties(self, n: int, k: int) -> tuple[Doubles, float]:
        each = k**self.rho / n**self.tau
        pairs = (k * (k - 1)) ** self.rho / n**self.tau
        return matrix_of(self.lambda_diagonal * each, self.lambda_off_diagonal * pairs, k), self.lambda_bias * each
