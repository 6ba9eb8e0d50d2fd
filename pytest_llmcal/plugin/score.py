"""What the ``score`` fixture is: a task or items in, the current model's scores out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.artefacts import calibrated
from pytest_llmcal.plugin.confidence import confidence_of
from pytest_llmcal.plugin.stash import ATTEMPT, MODELS, SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.measurement import Verdict
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scores.decision import Decision
    from pytest_llmcal.scoring.confidence import AnyMethod
    from pytest_llmcal.tasks import Items, Task


class Score:
    """A function from a task or items to the current model's scores; loads nothing until called."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(
        self, asked: Task | Items, normalization: str = "sum", *, confidence: str | AnyMethod | None = None
    ) -> Scores:
        """Score the items; of a task, those of its test split. With --llmcal-calibrator, calibrated by it.

        Parameters
        ----------
        asked : Task or Items
            What the model is asked.
        normalization, confidence
            As for ``pytest_llmcal.scoring.score``; confidence by default what marker or option name.
        """
        items = _items(asked)
        answers = self._scored(items, normalization, confidence)
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
        confidence: str | AnyMethod | None = None,
    ) -> Decision:
        """Score items in the random order of the run's seed, and stop as soon as the verdict is reached.

        Parameters
        ----------
        asked, verdict, max_items, clusters, baseline
            As for ``pytest_llmcal.scoring.until``: for instance
            ``score.until(task, verdict=lambda scores: scores.ece().below(0.05), max_items=10_000)``.
        normalization, confidence
            As for a call.

        Returns
        -------
        Decision
            As a bool it is its verdict, the one that is recorded.
        """
        from pytest_llmcal.scoring.until import until

        every = _items(asked)
        decision = until(
            lambda items: self._scored(items, normalization, confidence),
            every,
            verdict=verdict,
            max_items=max_items,
            seed=self._request.config.stash[SETTINGS].seed,
            clusters=clusters,
            baseline=baseline,
        )
        self._note_precision(every)
        return decision

    def _scored(self, items: Items, normalization: str, confidence: str | AnyMethod | None) -> Scores:
        method = confidence_of(self._request, items, confidence)
        model = self._request.getfixturevalue("llmcal_model")
        scores = self._request.config.stash[MODELS].score(model, items, normalization, method)
        return calibrated(self._request, scores)

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
