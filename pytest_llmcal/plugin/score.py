"""What the ``score`` fixture is: a task or items in, the current model's scores out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.artefacts import calibrated
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

    def __call__(self, asked: Task | Items, normalization: str = "sum") -> Scores:
        """Score the items; of a task, those of its test split. With --llmcal-calibrator, calibrated by it."""
        items = _items(asked)
        model = self._request.getfixturevalue("llmcal_model")
        shelf = self._request.config.stash[MODELS]
        answers = shelf.score(model, items, normalization)
        note = shelf.precision_note(model, items)
        if note is not None:
            self._request.node.stash[ATTEMPT].notes.append(note)
        return calibrated(self._request, answers)

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

        return until(
            lambda items: self(items, normalization),
            _items(asked),
            verdict=verdict,
            max_items=max_items,
            seed=self._request.config.stash[SETTINGS].seed,
            clusters=clusters,
            baseline=baseline,
        )


def _items(asked: object) -> Items:
    from pytest_llmcal.tasks import Items, Task

    items = asked.test if isinstance(asked, Task) else asked
    if not isinstance(items, Items):
        raise TypeError(f"score() takes a Task or its Items, for instance task.calibration, got {asked!r}")
    return items
