"""Domain-conditional PMI: how much the question adds to what a choice would be worth without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from pytest_llmcal.calibrators import storage
from pytest_llmcal.calibrators.asking import Asking, ScoreItems
from pytest_llmcal.calibrators.calibrator import Learnt
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.calibrators.of_choices import choices_of
from pytest_llmcal.scores import Scores
from pytest_llmcal.scores.choices import Doubles
from pytest_llmcal.tasks import Items, Task
from pytest_llmcal.tasks.items import questions_of


class PMI(Asking):
    r"""Subtract the log-likelihood of each choice after a premise without the question.

    Domain-conditional pointwise mutual information (Holtzman, West, Shwartz, Choi, Zettlemoyer 2021):

    .. math:: s_j = \log p(\text{choice}_j \mid \text{prompt}) - \log p(\text{choice}_j \mid \text{domain premise})

    A choice is then no longer the likelier for being a common phrase. Every item has a prior of its own, so ``items``
    must be those that are to be calibrated, known by their ids; their right answers are not looked at. With an empty
    premise it is ``score(items, normalization="pmi")``.

    It assumes that surface forms compete: that one answer's wordings take probability from each other. The result is
    a score for choosing; nothing makes it calibrated, and it is often too sure or not sure enough. Fit a temperature
    after it. The answers may change.

    Parameters
    ----------
    scorer, items
        As for ``Asking``.
    domain : str
        The premise: how the prompt ends whatever is asked, which lets the choice follow as it stands.

    Examples
    --------
    >>> def scorer(items):  # a model that likes short choices
    ...     logits = [[-len(c) + ("Rhine" in c and "?" in item.prompt) for c in item.choices] for item in items]
    ...     return Scores.from_logits(logits, [item.answer for item in items], ids=[item.id for item in items])
    >>> from pytest_llmcal.tasks import Item
    >>> items = Items("rivers", "test", (Item("a", "Which one? Answer:", (" Po", " the Rhine"), 1),))
    >>> scorer(items).accuracy() == 0.0, PMI(scorer, items).fit().transform(scorer(items)).accuracy() == 1.0
    (True, True)
    """

    name: ClassVar[str] = "pmi"
    options: ClassVar[tuple[str, ...]] = ("domain",)

    def __init__(
        self, scorer: ScoreItems | None = None, items: Task | Items | None = None, *, domain: str = "Answer:"
    ) -> None:
        super().__init__(scorer, items)
        if not isinstance(domain, str):
            raise CalibratorError(f"domain must be a text, got {domain!r}")
        self.domain = domain
        self._rows: dict[str, int] = {}
        self._log_priors: Doubles = np.empty((0, 0))

    def _asked(self, items: Items) -> Items:
        alone = (replace(item, prompt=self.domain, wording=None) for item in questions_of(items))
        return Items(items.task, "domain", tuple(alone))

    def _learn(self, scores: Scores) -> None:
        assert self.items is not None
        choices = choices_of(scores, "pmi")
        self._rows = {item.id: row for row, item in enumerate(self.items)}
        self._log_priors = np.concatenate([logs for _, logs in choices.log_probabilities()])

    def _apply(self, scores: Scores) -> Scores:
        choices = choices_of(scores, "pmi")
        log_priors = self._priors_of(scores, choices.values.shape[1])
        logits = np.empty(choices.values.shape)
        for rows, logs in choices.log_probabilities():
            # Where the item has no such choice both are minus infinity.
            missing = np.isneginf(logs)
            _refuse_others(scores, rows.start, missing != np.isneginf(log_priors[rows]))
            logits[rows] = np.where(missing, -np.inf, logs - np.where(missing, 0.0, log_priors[rows]))
        return scores.recalibrated(logits, self.label)

    def _priors_of(self, scores: Scores, k: int) -> Doubles:
        if scores.ids is None:
            raise CalibratorError("pmi: every item has a prior of its own, and these scores have no ids to find it by")
        for identity in scores.ids:
            if identity not in self._rows:
                raise CalibratorError(
                    f"pmi: item {identity!r} is not among the {len(self._rows)} items that it was given"
                )
        here = self._log_priors[[self._rows[identity] for identity in scores.ids]]
        # The widest item may be among those that are not here, and one here may be wider than all that were given.
        _refuse_others(scores, 0, np.isfinite(here[:, k:]))
        return np.pad(here, ((0, 0), (0, max(0, k - here.shape[1]))), constant_values=-np.inf)[:, :k]

    def _learnt(self) -> Learnt:
        there = np.isfinite(self._log_priors)
        return {
            "ids": json.dumps(list(self._rows)),
            "log_priors": np.where(there, self._log_priors, 0.0),
            "offered": there.astype(np.int64),
        }

    def _restore(self, learnt: Learnt) -> None:
        ids = json.loads(str(learnt["ids"]))
        values = storage.array(learnt, "log_priors", shape=(len(ids), None))
        there = storage.array(learnt, "offered", "i8", values.shape)
        self._rows = {identity: row for row, identity in enumerate(ids)}
        self._log_priors = np.where(there > 0, values, -np.inf)

    def _summary(self) -> Mapping[str, float | int | str | bool]:
        return {"domain": repr(self.domain), "items": len(self._rows)}


def _refuse_others(scores: Scores, start: int, differs: np.ndarray) -> None:
    if differs.any():
        index = start + int(differs.any(axis=1).argmax())
        assert scores.ids is not None
        raise CalibratorError(
            f"pmi: item {scores.ids[index]!r} has other choices than the item of that id it was given"
        )
