"""What the ``score`` fixture is: a task or items in, the current model's scores out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.artefacts import calibrated
from pytest_llmcal.plugin.logs import FLAG, AnsweredTask
from pytest_llmcal.plugin.shelves import LoadError
from pytest_llmcal.plugin.stash import ATTEMPT, MODELS, SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.measurement import Verdict
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scores.decision import Decision
    from pytest_llmcal.tasks import Items, Task


class Score:
    """A function from a task or items to the current model's scores; loads nothing until called."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(self, asked: Task | AnsweredTask | Items, normalization: str = "sum") -> Scores:
        """Score the items; of a task, those of its test split. With --llmcal-calibrator, calibrated by it.

        With --llmcal-scores a task's answers are read, and nothing else can be scored.
        """
        if isinstance(asked, AnsweredTask):
            return self._read(asked, normalization)
        items = _items(asked)
        answers = self._scored(items, normalization)
        self._note_precision(items)
        return answers

    def until(
        self,
        asked: Task | Items,
        *,
        verdict: Callable[..., Verdict],
        max_items: int | None = None,
        clusters: str | None = None,
        baseline: Callable[[Items], Scores] | Scores | None = None,
        normalization: str = "sum",
    ) -> Decision:
        """Score items in the random order of the run's seed, and stop as soon as the verdict is reached.

        Parameters
        ----------
        asked, verdict, max_items, clusters, baseline
            As for ``pytest_llmcal.scoring.until``: for instance
            ``score.until(task, verdict=lambda scores: scores.ece().below(0.05), max_items=10_000)``.
        normalization : str
            As for a call.

        Returns
        -------
        Decision
            As a bool it is its verdict, the one that is recorded.
        """
        from pytest_llmcal.scoring.until import until

        every = _items(asked)
        decision = until(
            lambda items: self._scored(items, normalization),
            every,
            verdict=verdict,
            max_items=max_items,
            seed=self._request.config.stash[SETTINGS].seed,
            clusters=clusters,
            baseline=baseline,
        )
        self._note_precision(every)
        return decision

    def _read(self, task: AnsweredTask, normalization: str) -> Scores:
        logs = self._request.config.stash[SETTINGS].logs
        if logs is None:
            raise LoadError(f"The task {task.name!r} has no items, and no {FLAG} says what was answered.")
        if normalization != "sum":
            raise LoadError(f"{FLAG}: answers are weighed as their file is read, so no other normalization can be had.")
        return calibrated(self._request, logs.get(self._request.getfixturevalue("llmcal_model_name"), task.name))

    def _scored(self, items: Items, normalization: str) -> Scores:
        model = self._request.getfixturevalue("llmcal_model")
        return calibrated(self._request, self._request.config.stash[MODELS].score(model, items, normalization))

    def _note_precision(self, items: Items) -> None:
        model = self._request.getfixturevalue("llmcal_model")
        note = self._request.config.stash[MODELS].precision_note(model, items)
        if note is not None:
            self._request.node.stash[ATTEMPT].notes.append(note)


def _items(asked: object) -> Items:
    from pytest_llmcal.tasks import Items, Task

    items = asked.test if isinstance(asked, Task) else asked
    if not isinstance(items, Items):
        raise TypeError(f"score() takes a Task or its Items, for instance task.calibration, got {asked!r}")
    return items
