"""Temperature scaling: one number that makes all answers less, or more, confident."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.best_temperature import HIGHEST, LOWEST, best_inverse_temperature
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.errors import AtBoundWarning
from pytest_llmcal.calibrators.of_choices import choices_of, refuse_impossible
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.logit_map import LogitMap


class Temperature(Calibrator):
    """Divide the logits by one temperature T (Guo, Pleiss, Sun, Weinberger 2017).

    T minimises the negative log-likelihood, which is convex in 1/T; it is found by
    Newton's method in log(1/T), kept inside a shrinking bracket. T above one makes
    answers less confident. It assumes that all items are overconfident, or underconfident,
    alike. The chosen answers stay the same, and so does the order of all choices of an item;
    the ranking of items by confidence may change where there are more than two choices.

    Attributes
    ----------
    temperature : float or None
        The fitted T; None before ``fit``.
    at_bound : bool
        True if the likelihood pushed T to an end of the range searched (1e-4 to 1e4):
        all answers right by any margin, or wrong more often than by chance.

    Examples
    --------
    >>> scores = Scores.from_logits([[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]], [0, 0, 0, 1])
    >>> Temperature().fit(scores)
    Temperature(T=3.641)
    """

    name: ClassVar[str] = "temperature"

    def __init__(self) -> None:
        self.temperature: float | None = None
        self.at_bound = False

    def logit_map(self) -> LogitMap | None:
        """Return the temperature; None before ``fit``."""
        return None if self.temperature is None else LogitMap(self.temperature)

    def _learn(self, scores: Scores) -> None:
        choices = choices_of(scores, "temperature scaling")
        refuse_impossible(scores, choices, "temperature")
        inverse, self.at_bound = best_inverse_temperature(choices)
        self.temperature = 1.0 / inverse
        if self.at_bound:
            warnings.warn(
                f"no temperature from {LOWEST:g} to {HIGHEST:g} is best for {scores!r}: "
                f"T={self.temperature:.4g} is at bound",
                AtBoundWarning,
                stacklevel=3,  # the line that calls fit
            )

    def _apply(self, scores: Scores) -> Scores:
        assert self.temperature is not None
        choices = choices_of(scores, "temperature scaling")
        logits = np.empty(choices.values.shape)
        for rows, logs in choices.log_probabilities():
            logits[rows] = logs / self.temperature
        return scores.recalibrated(logits, self.label)

    def _learnt(self) -> Learnt:
        assert self.temperature is not None
        return {"temperature": self.temperature, "at_bound": self.at_bound}

    def _restore(self, learnt: Learnt) -> None:
        self.temperature, self.at_bound = storage.number(learnt, "temperature"), bool(learnt["at_bound"])
        if not self.temperature > 0.0:
            raise ValueError(f"temperature is {self.temperature!r}; it must be a number above zero")

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        assert self.temperature is not None
        return {"T": self.temperature} | ({"at_bound": True} if self.at_bound else {})
