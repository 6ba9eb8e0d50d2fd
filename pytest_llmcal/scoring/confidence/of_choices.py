"""How sure a model is of the choice that it picks, read off the probabilities of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from pytest_llmcal.scoring.confidence.method import Cost, Kind

Probabilities = npt.NDArray[np.float64]
Offered = npt.NDArray[np.bool_]

_NEEDS = "log-likelihoods of the choices"


@dataclass(frozen=True)
class Probability:
    """The probability of the choice that is picked; what confidence means where nothing else is said.

    Hendrycks, Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017.

    Examples
    --------
    >>> Probability().of_choices(np.array([[0.7, 0.2, 0.1]]), np.ones((1, 3), bool))
    array([0.7])
    """

    kind: ClassVar[Kind] = "choices"
    needs: ClassVar[str] = _NEEDS
    paper: ClassVar[str] = "Hendrycks, Gimpel 2017"
    cost: ClassVar[Cost] = Cost()

    def of_choices(self, probabilities: Probabilities, offered: Offered) -> Probabilities:  # noqa: ARG002  # as all
        """Return the largest probability of each row."""
        largest: Probabilities = probabilities.max(axis=1)
        return largest


@dataclass(frozen=True)
class Margin:
    """By how much the most probable choice is more probable than the next: p1 - p2.

    It ranks answers, and is no probability of being right before a calibrator made it one.
    Scheffer, Decomain, Wrobel, "Active Hidden Markov Models for Information Extraction", IDA 2001.

    Examples
    --------
    >>> Margin().of_choices(np.array([[0.7, 0.2, 0.1]]), np.ones((1, 3), bool)).round(12)
    array([0.5])
    """

    kind: ClassVar[Kind] = "choices"
    needs: ClassVar[str] = _NEEDS
    paper: ClassVar[str] = "Scheffer, Decomain, Wrobel 2001"
    cost: ClassVar[Cost] = Cost()

    def of_choices(self, probabilities: Probabilities, offered: Offered) -> Probabilities:  # noqa: ARG002  # as all
        """Return the difference of the two largest of each row."""
        two = np.partition(probabilities, -2, axis=1)[:, -2:]
        margin: Probabilities = two[:, 1] - two[:, 0]
        return margin


@dataclass(frozen=True)
class Entropy:
    """How far the choices are from being equally probable: 1 - H / log k, with the entropy H over k choices.

    It ranks answers, and is no probability of being right before a calibrator made it one.
    Shannon, "A Mathematical Theory of Communication", Bell System Technical Journal 27, 1948.

    Examples
    --------
    >>> even, sure = Entropy().of_choices(np.array([[0.5, 0.5], [1.0, 0.0]]), np.ones((2, 2), bool)).round(12)
    >>> float(even), float(sure)
    (0.0, 1.0)
    """

    kind: ClassVar[Kind] = "choices"
    needs: ClassVar[str] = _NEEDS
    paper: ClassVar[str] = "Shannon 1948"
    cost: ClassVar[Cost] = Cost()

    def of_choices(self, probabilities: Probabilities, offered: Offered) -> Probabilities:
        """Return one minus the entropy of each row over the largest that so many choices can have."""
        logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0.0)
        share = -(probabilities * logs).sum(axis=1) / np.log(offered.sum(axis=1))
        # rounding may leave the entropy of even choices a last digit above the largest there is
        sureness: Probabilities = np.clip(1.0 - share, 0.0, 1.0)
        return sureness
