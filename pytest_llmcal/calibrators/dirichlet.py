"""Dirichlet calibration: a matrix times log-probabilities."""

from __future__ import annotations

from typing import ClassVar

from pytest_llmcal.calibrators.inputs import Kind
from pytest_llmcal.calibrators.matrix import Matrix


class Dirichlet(Matrix):
    """softmax(W ln p + b) with ODIR (Kull, Perello-Nieto, Kangsepp, Silva Filho, Song, Flach 2019).

    The map is right where the probabilities p of the items of each class follow a Dirichlet distribution. It is matrix
    scaling of log-probabilities in place of logits, with the same penalties, the same defaults, which are ours, and
    the same weaknesses: see ``Matrix``. A choice of probability zero counts as missing: it stays at zero, and adds
    nothing to the others. It may change the chosen answers and the ranking.

    Parameters
    ----------
    off_diagonal_penalty, bias_penalty : float, optional
        The paper's lambda and mu, above zero; k (k - 1) / n and k / n if left out.

    Attributes
    ----------
    temperature, weights, bias, at_bound, gradient
        See ``Affine``; W is ``weights / temperature``, of shape (k, k).

    Examples
    --------
    >>> from pytest_llmcal import Scores
    >>> scores = Scores.from_probabilities([[0.9, 0.1], [0.7, 0.3]] * 50, [0, 1, 0, 0, 1] * 20)
    >>> Dirichlet().fit(scores).weights.shape
    (2, 2)
    """

    name: ClassVar[str] = "dirichlet"
    inputs: ClassVar[Kind] = "log-probabilities"
