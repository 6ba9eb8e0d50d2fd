"""What calibrators of the confidence in an answer have in common, and how they extend to all choices."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.calibrator import Calibrator, Learnt
from pytest_llmcal.calibrators.confidence_maps import ConfidenceMap, Doubles, Right
from pytest_llmcal.calibrators.errors import AtBoundWarning, CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of, refuse_impossible
from pytest_llmcal.calibrators.options import checked_choice
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Choices

Extension = Literal["top-label", "one-vs-rest"]

# Names of maps: of the confidence in the answer, and of all choices together; one choice's map bears its number.
_ANSWER, _POOLED = "answer", "pooled"


class OfConfidence(Calibrator):
    """A calibrator that maps one confidence at a time.

    A subclass says in ``_fitted`` how confidences and what was right become a ``ConfidenceMap``, and in
    ``kind`` of which class that is.

    Parameters
    ----------
    extension : {"top-label", "one-vs-rest"}
        What is done with scores that have choices. ``"top-label"``: the confidence in the chosen answer is
        mapped; the answers stay the same, and the result has no choices. ``"one-vs-rest"`` (Zadrozny, Elkan
        2002): the probability of each choice is mapped by a map of its own, and the rows are made to sum to
        one again; the answers may change. A choice that the fitted scores lack, or in which it was never or
        always right, is mapped by a map of all choices together. A choice that an item does not have stays
        so; where every choice maps to zero, the item keeps its probabilities.

    Attributes
    ----------
    maps : mapping of str to ConfidenceMap
        What was learnt: ``"answer"``, or ``"pooled"`` and the number of each choice. Empty before ``fit``.
    learns_grades : bool
        Whether correctness may be graded between 0 and 1. The map then gives the mean grade.
    """

    options: ClassVar[tuple[str, ...]] = ("extension",)
    learns_grades: ClassVar[bool] = True
    kind: ClassVar[type[ConfidenceMap]]

    def __init__(self, *, extension: Extension = "top-label") -> None:
        self.extension: Extension = checked_choice("extension", extension, get_args(Extension))
        self.maps: Mapping[str, ConfidenceMap] = {}

    @abstractmethod
    def _fitted(self, confidence: Doubles, correct: Right) -> ConfidenceMap:
        """Return the map of these confidences, shape (n,) with n of at least one, and what was right."""

    def _learn(self, scores: Scores) -> None:
        if scores.is_graded and not self.learns_grades:
            raise CalibratorError(
                f"{self.name} learns from right and wrong answers, and correctness of {scores!r} is graded between; "
                "take one that fits a mean, such as isotonic, platt or beta, or say from which grade on one is right"
            )
        if self.extension == "top-label":
            self.maps = {_ANSWER: self._fitted(scores.confidence.astype(np.float64), scores.correct)}
        else:
            self.maps = self._fitted_by_choice(scores)
        if any(each.is_at_bound for each in self.maps.values()):
            warnings.warn(
                f"no finite {self.name} map is best for {scores!r}: confidence separates what was right from what "
                "was not; it was fitted to Platt's targets, which are less certain",
                AtBoundWarning,
                stacklevel=3,  # the line that calls fit
            )

    def _fitted_by_choice(self, scores: Scores) -> Mapping[str, ConfidenceMap]:
        choices = self._choices_of(scores)
        refuse_impossible(scores, choices, f"{self.name} map")
        column = choices.columns()
        maps, confidences, answers = {}, [], []
        for choice in range(_number(choices)):
            there = _there(choices, choice)
            confidence, right = column(choice)[there], choices.labels[there] == choice
            if right.any() and not right.all():
                maps[str(choice)] = self._fitted(confidence, right)
            confidences.append(confidence)
            answers.append(right)
        return {_POOLED: self._fitted(np.concatenate(confidences), np.concatenate(answers)), **maps}

    def _apply(self, scores: Scores) -> Scores:
        if self.extension == "top-label":
            mapped = self.maps[_ANSWER](scores.confidence.astype(np.float64))
            return scores.recalibrated_confidence(mapped, self.label)
        choices = self._choices_of(scores)
        column = choices.columns()
        probability = np.zeros((len(scores), _number(choices)))
        for choice in range(_number(choices)):
            there = _there(choices, choice)
            by = self.maps.get(str(choice), self.maps[_POOLED])
            probability[there, choice] = by(column(choice)[there])
        lost = ~probability.any(axis=1)
        if lost.any():
            probability[lost] = np.column_stack([column(choice)[lost] for choice in range(_number(choices))])
        with np.errstate(divide="ignore"):  # log 0 is minus infinity, on purpose
            return scores.recalibrated(np.log(probability), self.label)

    def _choices_of(self, scores: Scores) -> Choices:
        return choices_of(scores, f"{self.name} calibration one-vs-rest")

    def _learnt(self) -> Learnt:
        return {f"{which}.{key}": value for which, each in self.maps.items() for key, value in each.learnt().items()}

    def _restore(self, learnt: Learnt) -> None:
        needed = _ANSWER if self.extension == "top-label" else _POOLED
        parts: dict[str, dict[str, storage.Value]] = {needed: {}}
        for name, value in learnt.items():
            which, dot, key = name.partition(".")
            if dot:
                parts.setdefault(which, {})[key] = value
        self.maps = {which: self.kind.restored(part) for which, part in parts.items()}

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        if self.extension == "top-label":
            return self.maps[_ANSWER].summary()
        return {"extension": self.extension, "choices": len(self.maps) - 1}


def _number(choices: Choices) -> int:
    return int(choices.values.shape[1])


def _there(choices: Choices, choice: int) -> Right:
    """Return for which items there is such a choice."""
    values = choices.values[:, choice]
    return np.asarray(values > (-np.inf if choices.are_logits else 0.0))
