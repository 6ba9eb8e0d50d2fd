"""When a model may answer: the threshold above which its error rate is certified."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.fitted import Fitted, Learnt
from pytest_llmcal.calibrators.options import checked_share
from pytest_llmcal.metrics.selective import coverage_at_risk, expected_errors, levels
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.measures.selective import effect_on_accepted
from pytest_llmcal.statistics.clusters import FEWEST, Effect
from pytest_llmcal.statistics.coverage import certified_items


class Abstention(Fitted):
    """Answer only from a confidence on at which the error rate is at most ``risk``, for certain but for ``delta``.

    Learn-then-Test (Angelopoulos, Bates, Candes, Jordan, Lei 2021) for the error rate among the answered items, the
    task of Geifman and El-Yaniv (2017): in at most ``delta`` of calibration splits the error rate of all that the
    model would then answer exceeds ``risk``. Thresholds are tested from the greatest confidence downward by the exact
    binomial test; items of one confidence are answered or held back together.

    It assumes that new items are drawn as the calibration items were, and that the confidences did not learn from
    these: fit a calibrator on other items first. Where no threshold can be certified nothing is answered: there are
    too few items (at least ln(delta) / ln(1 - risk) right ones are needed), or even the surest answers are wrong too
    often. Clusters weigh by their design effect, an approximation; fewer than three certify nothing.

    Parameters
    ----------
    risk : float
        Share of wrong answers among those given that is let pass, above 0 and below 1.
    delta : float
        Share of calibration splits that may mislead, above 0 and below 1.

    Attributes
    ----------
    threshold : float
        Least confidence that is answered; infinite where none was certified. Only after ``fit``.
    calibration_coverage : float
        Share of the calibration items that have it.

    Raises
    ------
    CalibratorError
        If ``risk`` or ``delta`` is no such share.

    Examples
    --------
    >>> confidence = np.linspace(0.5, 1.0, 1001)
    >>> fitted = Abstention(risk=0.05).fit(Scores(confidence, confidence > 0.7))
    >>> fitted
    Abstention(threshold=0.691, coverage=0.6184, risk=0.05, delta=0.05)
    >>> Scores([0.6, 0.8, 0.9], [0, 1, 1]).abstain(fitted)
    <2 of 3 items answered: at confidence 0.691 or more>
    """

    name: ClassVar[str] = "abstention"
    options: ClassVar[tuple[str, ...]] = ("risk", "delta")

    def __init__(self, risk: float = 0.05, delta: float = 0.05) -> None:
        self.risk = checked_share("risk", risk)
        self.delta = checked_share("delta", delta)
        self._threshold = math.inf
        self.calibration_coverage = 0.0

    @property
    def threshold(self) -> float:
        """Least confidence that is answered; infinite where none was certified.

        Raises
        ------
        CalibratorError
            Before ``fit``.
        """
        self._known()
        return self._threshold

    def answered(self, scores: Scores, *, in_sample: bool = False) -> Scores:
        """Return the scores of the items that are answered; ``scores.abstain(fitted)`` gives their share too.

        Parameters
        ----------
        scores : Scores
            New items, scored and calibrated as those of the fit were.
        in_sample : bool
            Whether items that it was fitted on may be judged; without this a warning says so, and a gate fails.

        Raises
        ------
        CalibratorError
            Before ``fit``.
        ScoresError
            If no item is answered.
        """
        self._known()
        return self._marked(scores, scores, in_sample, stacklevel=2).abstain(self.threshold).answered

    def marked(self, scores: Scores, *, in_sample: bool = False) -> Scores:
        """Return the scores, marked as in-sample if it has learnt from some of them and ``in_sample`` is false."""
        return self._marked(scores, scores, in_sample, stacklevel=3)  # the line that calls scores.abstain

    def _learn(self, scores: Scores) -> None:
        self._refuse_in_sample(scores)
        items = _certified(scores, self.risk, self.delta)
        falling = np.sort(scores.confidence)[::-1]
        self._threshold = float(falling[items - 1]) if items else math.inf
        self.calibration_coverage = items / len(scores)

    def _learnt(self) -> Learnt:
        certified = self._threshold < math.inf
        learnt = {"certified": certified, "calibration_coverage": self.calibration_coverage}
        return learnt | ({"threshold": self._threshold} if certified else {})  # JSON has no infinity

    def _restore(self, learnt: Learnt) -> None:
        if not isinstance(learnt["certified"], bool):
            raise ValueError(f"certified is {learnt['certified']!r}; it must be true or false")
        self._threshold = storage.number(learnt, "threshold") if learnt["certified"] else math.inf
        self.calibration_coverage = storage.number(learnt, "calibration_coverage")

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        found = {"threshold": self._threshold if self._threshold < math.inf else "none certified"}
        return {**found, "coverage": self.calibration_coverage, "risk": self.risk, "delta": self.delta}


def _certified(scores: Scores, risk: float, delta: float) -> int:
    """Return how many of the most confident items can be answered."""
    _, items, wrong = levels(scores.confidence, scores.correct)
    effect = _effect(scores, risk)
    if effect.clusters is not None and effect.clusters < FEWEST:
        return 0
    stricter = 0.5 * (1.0 - effect.stricter(1.0 - 2.0 * delta)) if delta < 0.5 else delta
    errors = np.cumsum(wrong)
    return certified_items(np.cumsum(items), errors, risk, stricter, effect.design, graded=scores.is_graded)


def _effect(scores: Scores, risk: float) -> Effect:
    """Return what clusters do to all items, or to those that seem good enough: the worse of both."""
    seems = coverage_at_risk(expected_errors(scores.confidence, scores.correct), risk)
    return max(effect_on_accepted(scores, count) for count in (len(scores), max(1, round(seems * len(scores)))))
