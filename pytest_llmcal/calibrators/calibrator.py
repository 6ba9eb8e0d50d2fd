"""What every calibrator is: a map from scores to better calibrated scores that knows what it was fitted on."""

from __future__ import annotations

import copy
from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar

from pytest_llmcal.calibrators.fitted import Fitted, Learnt
from pytest_llmcal.calibrators.folds import folds_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.joined import joined
from pytest_llmcal.scores.logit_map import LogitMap

__all__ = ["Calibrator", "Learnt"]


class Calibrator(Fitted):
    """A map from scores to better calibrated scores, fitted on one split and applied to another.

    A calibrator of your own is a subclass with a ``name`` and the five methods ``_learn``, ``_apply``, ``_learnt``,
    ``_restore`` and ``_summary``; the entry-point group ``pytest_llmcal.calibrators`` makes it known by its name.

    Attributes
    ----------
    name : str
        What ``create`` knows it by.
    options : tuple of str
        Names of the constructor's arguments that are kept as attributes; they are saved too.
    learns_answers : bool
        Whether it learns from right answers. Where it does not, the items that it was fitted on may be judged.
    """

    learns_answers: ClassVar[bool] = True
    _instead: ClassVar[str] = ", use cross_fit"

    def logit_map(self) -> LogitMap | None:
        """Return what it does to logits in numbers that a server can apply; None where it cannot be said so."""
        return None

    def transform(self, scores: Scores, *, in_sample: bool = False) -> Scores:
        """Return calibrated scores that remember the uncalibrated ones as ``before``.

        Parameters
        ----------
        scores : Scores
            Of the same kind as those it was fitted on.
        in_sample : bool
            Whether items that it was fitted on may be judged. Their calibration looks better than that of
            new items; without this a warning says so, and a gate on them fails.

        Raises
        ------
        CalibratorError
            Before ``fit``, or if the scores are of another kind, or their confidence is by another method.
        """
        self._refuse_other_confidence(scores)
        calibrated = self._apply(scores)._with(calibrated_by=self.facts())
        return self._marked(calibrated, scores, in_sample, stacklevel=2) if self.learns_answers else calibrated

    def cross_fit(self, scores: Scores, *, folds: int = 5, seed: int = 0) -> Scores:
        """Return calibrated scores in which each item is calibrated by a copy fitted on the other folds.

        Honest where data are too few to keep a split for fitting. This calibrator itself stays as it is.

        Parameters
        ----------
        scores : Scores
            All items; those of one cluster stay in one fold.
        folds : int
            Number of folds, at least 2 and at most the number of items, or clusters.
        seed : int
            Seed of the random folds.

        Examples
        --------
        >>> from pytest_llmcal import calibrators
        >>> scores = Scores.from_logits([[4.0, 0.0], [3.0, 0.0]] * 50, [0, 0, 0, 1] * 25)
        >>> honest = calibrators.create("temperature").cross_fit(scores, folds=4)
        >>> len(honest), honest.about.calibrator
        (100, 'temperature, cross-fitted in 4 folds')
        """
        parts, places = [], []
        for place, rest in folds_of(scores, folds, seed):
            fitted = copy.deepcopy(self).fit(scores._take(rest))
            parts.append(fitted.transform(scores._take(place), in_sample=True))
            places.append(place)
        about = replace(scores.about, calibrator=f"{self.name}, cross-fitted in {folds} folds")
        return joined(parts, about=about)._in_order(places)

    @abstractmethod
    def _apply(self, scores: Scores) -> Scores:
        """Return calibrated scores: by ``scores.recalibrated(logits, self.label)`` or ``recalibrated_confidence``."""
