"""What every calibrator is: a map from scores to better calibrated scores that knows what it was fitted on."""

from __future__ import annotations

import copy
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.errors import CalibratorError, InSampleWarning
from pytest_llmcal.calibrators.folds import folds_of
from pytest_llmcal.calibrators.seen import SeenItems
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.joined import joined

if TYPE_CHECKING:
    from typing_extensions import Self

Learnt = Mapping[str, storage.Value]
"""What a calibrator has learnt, by name: numbers, texts, and arrays."""


class Calibrator(ABC):
    """A map from scores to better calibrated scores, fitted on one split and applied to another.

    A calibrator of your own is a subclass with a ``name`` and the four methods that begin with an
    underscore here; the entry-point group ``pytest_llmcal.calibrators`` makes it known by its name.

    Attributes
    ----------
    name : str
        What ``create`` knows it by.
    options : tuple of str
        Names of the constructor's arguments that are kept as attributes; they are saved too.
    learns_answers : bool
        Whether it learns from right answers. Where it does not, the items that it was fitted on may be judged.
    """

    name: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    learns_answers: ClassVar[bool] = True
    _seen: SeenItems | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether it has learnt something."""
        return self._seen is not None

    def fit(self, scores: Scores) -> Self:
        """Learn from scores whose right answers are known; returns the calibrator itself.

        Raises
        ------
        CalibratorError
            If these scores cannot teach it anything; the text says why.
        """
        self._learn(scores)
        self._seen = SeenItems.of(scores)
        return self

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
            Before ``fit``, or if the scores are of another kind.
        """
        if self._seen is None:
            raise CalibratorError(f"this {self.name} is not fitted; call fit(scores) first")
        calibrated = self._apply(scores)
        shared = self._seen.shared_with(scores) if self.learns_answers else 0
        if not shared:
            return calibrated
        if not in_sample:
            warnings.warn(
                f"in-sample: {shared} of {len(scores)} items are among those that {self!r} was fitted on; fit on "
                "others, use cross_fit, or say in_sample=True",
                InSampleWarning,
                stacklevel=2,
            )
        return calibrated._with(about=replace(calibrated.about, in_sample=not in_sample))

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

    def summary(self) -> Mapping[str, float | int | str | bool]:
        """Return the fitted parameters that say most, by name; empty before ``fit``."""
        return self._summary() if self.is_fitted else {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._parameters() if self.is_fitted else 'unfitted'})"

    @property
    def label(self) -> str:
        """What reports call it, for instance ``temperature(T=1.72)``."""
        return f"{self.name}({self._parameters()})"

    def _parameters(self) -> str:
        return ", ".join(f"{key}={_short(value)}" for key, value in self._summary().items())

    def save(self, folder: str | Path) -> None:
        """Write what was learnt to ``calibrator.json``, and arrays beside it, in a folder that is made if need be."""
        if self._seen is None:
            raise CalibratorError(f"this {self.name} is not fitted; there is nothing to save")
        options = {name: getattr(self, name) for name in self.options}
        storage.write(folder, self.name, options, {**self._learnt(), **self._seen.learnt()})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote.

        Raises
        ------
        CalibratorError
            If the folder holds no calibrator of this kind that this version can read.
        """
        options, learnt = storage.read(folder, cls.name)
        try:
            calibrator = cls(**options)
            calibrator._restore(learnt)
            calibrator._seen = SeenItems.restored(learnt)
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            raise CalibratorError(f"{folder}: not a {cls.name} that was saved whole: {what}") from None
        return calibrator

    @abstractmethod
    def _learn(self, scores: Scores) -> None:
        """Fit to the scores."""

    @abstractmethod
    def _apply(self, scores: Scores) -> Scores:
        """Return calibrated scores: by ``scores.recalibrated(logits, self.label)`` or ``recalibrated_confidence``."""

    @abstractmethod
    def _learnt(self) -> Learnt:
        """Return all that ``_apply`` needs besides the options."""

    @abstractmethod
    def _restore(self, learnt: Learnt) -> None:
        """Take back what ``_learnt`` gave; raises KeyError, TypeError or ValueError if that is no such thing."""

    @abstractmethod
    def _summary(self) -> Mapping[str, float | int | str | bool]:
        """Return the fitted parameters that say most."""


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
