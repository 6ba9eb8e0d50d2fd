"""PriDe: a model's preference for letters or places, found by moving the options of a few items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, logsumexp

from pytest_llmcal.calibrators.asking import Asking, ScoreItems
from pytest_llmcal.calibrators.choice_prior import ChoicePrior
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Doubles
from pytest_llmcal.tasks import Items, Task
from pytest_llmcal.tasks.items import questions_of
from pytest_llmcal.tasks.order import in_random_order
from pytest_llmcal.tasks.rotations import rotated


class PriDe(Asking, ChoicePrior):
    r"""Divide by the prior of each letter (Zheng, Zhou, Meng, Zhou, Huang 2024, "PriDe").

    Of a few items every cyclic order of the options is asked, k prompts for k options. Behind each letter then stood
    each option once, so what is left on average is the preference for the letter:

    .. math:: \hat\pi_j(\text{item}) = \operatorname{softmax}_j \frac1k \sum_{r} \log p_j(\text{rotation } r),
        \qquad q_j \propto p_j / \bar\pi_j

    with the mean of the prior over the items. No right answer is looked at, so the sample may be of the very items
    that are judged. (The paper then averages the rotations of the sampled items; here they are debiased as all others.)

    It assumes that the preference is the same for all items and multiplies the probability that is due to what the
    options say. The prior is learnt from items with the most options; for those with fewer, the letters that they
    have are taken to keep their shares. The answers may change.

    Parameters
    ----------
    scorer, items
        As for ``Asking``; prompts must list the options, as those of ``load_task(..., style="letters")`` do. A template
        that lists them and has the wording of the choices weighed shows a preference for places.
    sample : int
        Most items whose options are moved, drawn at random. The paper takes 5% of them.
    seed : int
        Seed of the draw.

    Attributes
    ----------
    sampled : int
        How many items there were in the sample.
    """

    name: ClassVar[str] = "pride"
    options: ClassVar[tuple[str, ...]] = ("sample", "seed")

    def __init__(
        self,
        scorer: ScoreItems | None = None,
        items: Task | Items | None = None,
        *,
        sample: int = 50,
        seed: int = 0,
    ) -> None:
        super().__init__(scorer, items)
        if isinstance(sample, bool) or not isinstance(sample, int) or sample < 1:
            raise CalibratorError(f"sample must be a whole number of at least one, got {sample!r}")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise CalibratorError(f"seed must be a whole number, got {seed!r}")
        self.sample = sample
        self.seed = seed

    @property
    def sampled(self) -> int:
        """How many items there were in the sample; 0 before ``fit``."""
        return 0 if self.counts is None else int(self.counts.max()) // len(self.counts)

    def _asked(self, items: Items) -> Items:
        most = max(len(item.choices) for item in questions_of(items))
        full = Items(items.task, items.split, tuple(item for item in questions_of(items) if len(item.choices) == most))
        drawn = in_random_order(full, self.seed)[: self.sample]
        return rotated(Items(items.task, items.split, tuple(item for unit in drawn for item in unit)))

    def _prior(self, scores: Scores) -> tuple[Doubles, npt.NDArray[np.int64]]:
        choices = choices_of(scores, "pride")
        logs = np.concatenate([part for _, part in choices.log_probabilities()])
        n, k = logs.shape
        if n % k or not np.isfinite(logs).all():
            raise CalibratorError(f"pride: {n} answers with {k} choices are not those to all rotations of items")
        by_item = log_softmax(logs.reshape(n // k, k, k).mean(axis=1), axis=1)
        return logsumexp(by_item, axis=0) - np.log(n // k), np.full(k, n, dtype=np.int64)

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        return {**super()._summary(), "items": self.sampled}
