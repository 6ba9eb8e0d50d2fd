"""Contextual calibration: what a model says when nothing is asked is its prior."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from pytest_llmcal.calibrators.asking import Asking, ScoreItems
from pytest_llmcal.calibrators.choice_prior import ChoicePrior, log_mean_probability
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Doubles
from pytest_llmcal.tasks import Item, Items, Task, TaskError
from pytest_llmcal.tasks.content_free import INPUTS, content_free, same_choices
from pytest_llmcal.tasks.items import questions_of


class ContextualCalibration(Asking, ChoicePrior):
    r"""Divide by the mean probability at content-free inputs (Zhao, Wallace, Feng, Klein, Singh 2021).

    .. math:: q_j \propto p_j / \bar p_j, \qquad \bar p_j = \text{mean of } p_j \text{ at "N/A", "[MASK]" and ""}

    The paper puts the ratios through a softmax, which changes no answer but makes the probabilities flat; here they
    are made to sum to one, as is done since.

    The choices must be the same for all items: labels, or letters; an item may have only the first of them. Where they
    differ from item to item there is no common prior: use ``"pmi"``. No right answer is looked at, nor any item's own
    prompt; the items only lend their template.

    It assumes that the model's lean without content is its lean with content. Content-free inputs are unlike what a
    model has read, so the prior may lie far off, above all for a model that is well calibrated already. The answers
    may change.

    Parameters
    ----------
    scorer, items
        As for ``Asking``.
    content_free : sequence of str
        What stands in the place of the content; see ``tasks.content_free``.
    prompts : sequence of str, optional
        The content-free prompts themselves, for items that do not say how their prompts were made.

    Examples
    --------
    >>> def scorer(items):  # a model that says yes to everything, and more so to what it knows
    ...     logits = [[2.0 + ("sea" in item.prompt), 0.0] for item in items]
    ...     return Scores.from_logits(logits, [item.answer for item in items], ids=[item.id for item in items])
    >>> choices = (" yes", " no")
    >>> items = Items("wet", "test", (Item("a", "The sea is wet:", choices, 0), Item("b", "Sand is wet:", choices, 1)))
    >>> fitted = ContextualCalibration(scorer, items, prompts=["N/A is wet:"]).fit()
    >>> fitted
    ContextualCalibration(prior=0.88/0.12)
    >>> fitted.transform(scorer(items)).confidence.round(3).tolist()
    [0.731, 0.5]
    """

    name: ClassVar[str] = "contextual"
    options: ClassVar[tuple[str, ...]] = ("content_free", "prompts")

    def __init__(
        self,
        scorer: ScoreItems | None = None,
        items: Task | Items | None = None,
        *,
        content_free: Sequence[str] = INPUTS,
        prompts: Sequence[str] | None = None,
    ) -> None:
        super().__init__(scorer, items)
        self.content_free = _texts(content_free, "content_free")
        self.prompts = None if prompts is None else _texts(prompts, "prompts")

    def _asked(self, items: Items) -> Items:
        questions_of(items)
        try:
            choices = same_choices(items)
        except TaskError as error:
            raise CalibratorError(
                f"contextual: {error}; a common prior needs the same labels or letters, otherwise use 'pmi'"
            ) from None
        if self.prompts is None:
            return content_free(items, self.content_free)
        made = (Item(f"content-free {number}", prompt, choices, 0) for number, prompt in enumerate(self.prompts))
        return Items(items.task, "content-free", tuple(made))

    def _prior(self, scores: Scores) -> tuple[Doubles, npt.NDArray[np.int64]]:
        return log_mean_probability(choices_of(scores, "contextual calibration"))


def _texts(values: Any, option: str) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise CalibratorError(f"{option} must be a list of at least one text, got {values!r}")
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise CalibratorError(f"{option}[{index}] is {value!r}; allowed are texts")
    return tuple(values)
