"""Calibrators that ask the model itself, with prompts of their own."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_llmcal.calibrators.calibrator import Calibrator
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.scores import Scores
from pytest_llmcal.tasks import Items, Task, TaskError
from pytest_llmcal.tasks.items import questions_of

if TYPE_CHECKING:
    from typing_extensions import Self

ScoreItems = Callable[[Items], Scores]
"""A function from items to a model's scores, such as ``partial(score, model)``, or the fixture ``score``."""


class Asking(Calibrator):
    """A calibrator that learns from the model's answers to prompts of its own, and from no right answer.

    Parameters
    ----------
    scorer : callable, optional
        Scores items: ``partial(score, model)``, or the fixture ``score``. Needed by ``fit``; one that was loaded
        does without.
    items : Task or Items, optional
        What the prompts are made of; of a task its calibration split, where it has one. Needed by ``fit``.
    """

    learns_answers = False

    def __init__(self, scorer: ScoreItems | None = None, items: Task | Items | None = None) -> None:
        if scorer is not None and not callable(scorer):
            raise CalibratorError(f"scorer must be a function from items to scores, got {scorer!r}")
        if items is not None and not isinstance(items, (Task, Items)):
            raise CalibratorError(f"items must be a Task or its Items, got {items!r}")
        self.scorer = scorer
        self.items = (items.calibration or items.test) if isinstance(items, Task) else items

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy.copy(self)  # a model is not copied, and what was learnt is never changed in place

    def fit(self, scores: Scores | None = None) -> Self:  # noqa: ARG002  # what others learn from, and this does not
        """Ask the model and learn from its answers; returns the calibrator itself.

        Parameters
        ----------
        scores : Scores, optional
            Scores that are to be calibrated, as other calibrators need them; nothing is learnt from them.

        Raises
        ------
        CalibratorError
            If there is no scorer or there are no items, or no such prompts can be made of them; the text says why.
        """
        if self.scorer is None or self.items is None:
            lacking = "scorer" if self.scorer is None else "items"
            raise CalibratorError(
                f"{self.name} asks the model itself, and was given no {lacking}: make it with create({self.name!r}, "
                "scorer=score, items=task.calibration), where score is the fixture or partial(score, model)"
            )
        try:
            asked = self._asked(self.items)
        except TaskError as error:
            raise CalibratorError(f"{self.name}: {error}") from None
        return super().fit(self._answers(self.scorer, asked))

    @abstractmethod
    def _asked(self, items: Items) -> Items:
        """Return what is to be asked; raises TaskError if that cannot be made of the items."""

    def _answers(self, scorer: ScoreItems, asked: Items) -> Scores:
        answers = scorer(asked)
        if not isinstance(answers, Scores) or answers.choices is None:
            raise CalibratorError(f"{self.name}: the scorer must give Scores of all choices, it gave {answers!r}")
        wanted = tuple(item.id for item in asked)
        if len(answers) != len(wanted) or (answers.ids is not None and answers.ids != wanted):
            raise CalibratorError(
                f"{self.name}: the scorer was asked {len(wanted)} items and gave the scores of {len(answers)}, "
                "or of others; it must give one row an item, in their order"
            )
        most, given = max(len(item.choices) for item in questions_of(asked)), answers.choices.values.shape[1]
        if given != most:
            raise CalibratorError(f"{self.name}: the scorer gave {given} choices an item, it was asked {most}")
        return answers
