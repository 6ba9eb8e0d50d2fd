"""Matrix scaling: each choice's logit from those of all choices."""

from __future__ import annotations

from typing import ClassVar

from pytest_llmcal.calibrators.affine import Affine, matrix_of, strength_or_none
from pytest_llmcal.calibrators.inputs import Kind
from pytest_llmcal.scores.choices import Doubles

# Beside the paper's, which leaves the diagonal free: enough for an optimum, too little to be seen.
_DIAGONAL = 0.1


class Matrix(Affine):
    """softmax(W z + b) with off-diagonal and intercept regularisation, ODIR (Kull et al. 2019).

    Matrix scaling is of Guo, Pleiss, Sun, Weinberger 2017; its regularisation is of Kull, Perello-Nieto, Kangsepp,
    Silva Filho, Song, Flach 2019: ``mean NLL + lambda / (k (k - 1)) sum of W_ij^2 over i != j + mu / k sum of
    b_j^2``. They choose the two strengths by cross-validation. The defaults here are ours, k (k - 1) / n and
    k / n: then each number weighs as if drawn from a normal distribution of variance 1/2. Ours are also the logits
    less their mean over the choices that are there, and a penalty of 0.1 / n on the squared relative distance of
    the diagonal from 1/T, the best temperature, so that there always is one optimum.

    It assumes what vector scaling does: choice j means the same in each item, else weights and biases tell of
    positions. With k (k + 1) numbers it overfits where n is not many times that; structured matrix scaling is the
    safer one. It may change the chosen answers and the ranking; a missing choice stays missing and adds nothing to
    the others.

    Parameters
    ----------
    off_diagonal_penalty, bias_penalty : float, optional
        The paper's lambda and mu, above zero.

    Attributes
    ----------
    temperature, weights, bias, at_bound, gradient
        See ``Affine``; W is ``weights / temperature``, of shape (k, k).

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores.from_logits([[2.0, 0.0], [1.0, 0.0]] * 50, [0, 1, 0, 0, 1] * 20)
    >>> Matrix().fit(scores).weights.shape
    (2, 2)
    """

    name: ClassVar[str] = "matrix"
    options: ClassVar[tuple[str, ...]] = ("off_diagonal_penalty", "bias_penalty")
    inputs: ClassVar[Kind] = "centred logits"
    is_matrix: ClassVar[bool] = True

    def __init__(self, off_diagonal_penalty: float | None = None, bias_penalty: float | None = None) -> None:
        super().__init__()
        self.off_diagonal_penalty = strength_or_none("off_diagonal_penalty", off_diagonal_penalty)
        self.bias_penalty = strength_or_none("bias_penalty", bias_penalty)

    def _penalties(self, n: int, k: int) -> tuple[Doubles, float]:
        assert self.temperature is not None
        off_diagonal = 1.0 / n if self.off_diagonal_penalty is None else self.off_diagonal_penalty / (k * (k - 1))
        bias = 1.0 / n if self.bias_penalty is None else self.bias_penalty / k
        # The penalty is on W, and what is fitted is W times T.
        return matrix_of(_DIAGONAL / n, off_diagonal / self.temperature**2, k), bias
