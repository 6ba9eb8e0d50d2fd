"""What is fitted on one split, saved and loaded, and knows the items that it was fitted on."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.errors import CalibratorError, InSampleWarning
from pytest_llmcal.calibrators.seen import SeenItems
from pytest_llmcal.measurement import About, Calibration, Step
from pytest_llmcal.scores import Scores

if TYPE_CHECKING:
    from typing_extensions import Self

Learnt = Mapping[str, storage.Value]
"""What has been learnt, by name: numbers, texts, and arrays."""


class Fitted(ABC):
    """What learns from one split and is applied to another.

    Attributes
    ----------
    name : str
        What errors, reports and saved files call it.
    options : tuple of str
        Names of the constructor's arguments that are kept as attributes; they are saved too.
    """

    name: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    _seen: SeenItems | None = None

    @property
    def is_fitted(self) -> bool:
        """Whether it has learnt something."""
        return self._seen is not None

    @property
    def fitted_on(self) -> About | None:
        """Model, task, split and fingerprint of what it was fitted on; None before ``fit``."""
        return None if self._seen is None else self._seen.about

    def fit(self, scores: Scores) -> Self:
        """Learn from scores whose right answers are known; returns itself.

        Raises
        ------
        CalibratorError
            If these scores cannot teach it anything; the text says why.
        """
        self._learn(scores)
        self._seen = SeenItems.of(scores)
        return self

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

    def facts(self) -> Calibration:
        """Return its parameters, what it was fitted on and how it searched, in plain values for a report."""
        known = self.fitted_on or About()
        split = known.split and f"{known.split} split"
        data = known.data and f"fingerprint {known.data}"
        return Calibration(
            name=self.name,
            parameters={key: _short(value) for key, value in self.summary().items()},
            fitted_on=", ".join(part for part in (known.model, known.task, split, data) if part),
            trace=self._trace(),
        )

    def _trace(self) -> tuple[Step, ...]:
        """Return how the search went; nothing where there was none."""
        return ()

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
            If the folder holds nothing of this kind that this version can read.
        """
        options, learnt = storage.read(folder, cls.name)
        try:
            fitted = cls(**options)
            fitted._restore(learnt)
            fitted._seen = SeenItems.restored(learnt)
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            raise CalibratorError(f"{folder}: not a {cls.name} that was saved whole: {what}") from None
        return fitted

    def _marked(self, result: Scores, scores: Scores, in_sample: bool, stacklevel: int) -> Scores:
        """Return ``result``, made of ``scores``, marked if it was learnt from some of them and that was not allowed."""
        shared = self._known().shared_with(scores)
        if not shared:
            return result
        if not in_sample:
            warnings.warn(
                f"in-sample: {shared} of {len(scores)} items are among those that {self!r} was fitted on; fit on "
                f"others{self._instead}, or say in_sample=True",
                InSampleWarning,
                stacklevel=stacklevel + 1,
            )
        return result._with(about=replace(result.about, in_sample=result.about.in_sample or not in_sample))

    def _refuse_other_confidence(self, scores: Scores) -> None:
        """Refuse confidence by another method than what was learnt from, where both are known to be a model's."""
        on, now = self._known().about, scores.about
        if None not in (on.data, now.data) and on.confidence_method != now.confidence_method:
            learnt, given = (about.confidence_method or "the answer's probability" for about in (on, now))
            raise CalibratorError(
                f"this {self.name} was fitted on confidence by {learnt}, and these scores have confidence by {given}; "
                "fit it on scores by the same method"
            )

    def _refuse_in_sample(self, scores: Scores) -> None:
        """Refuse to found a promise on answers that look better than those to new items."""
        if scores.about.in_sample:
            raise CalibratorError(
                f"{self.name} promises something about new items, and the calibrator {scores.about.calibrator} was "
                "fitted on these: fit it on items of a third split, use cross_fit for the calibrator, or say "
                "transform(..., in_sample=True) if you must"
            )

    # What else one may do than to fit on others.
    _instead: ClassVar[str] = ""

    def _known(self) -> SeenItems:
        if self._seen is None:
            raise CalibratorError(f"this {self.name} is not fitted; call fit(scores) first")
        return self._seen

    @abstractmethod
    def _learn(self, scores: Scores) -> None:
        """Fit to the scores."""

    @abstractmethod
    def _learnt(self) -> Learnt:
        """Return all that is needed to apply it, besides the options."""

    @abstractmethod
    def _restore(self, learnt: Learnt) -> None:
        """Take back what ``_learnt`` gave; raises KeyError, TypeError or ValueError if that is no such thing."""

    @abstractmethod
    def _summary(self) -> Mapping[str, float | int | str | bool]:
        """Return the fitted parameters that say most."""


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
