"""What the ``score`` fixture is: a task or items in, the current model's scores out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.artefacts import calibrated, calibrator_of
from pytest_llmcal.plugin.confidence import confidence_of
from pytest_llmcal.plugin.logs import FLAG, AnsweredTask
from pytest_llmcal.plugin.looks import Answering, looks_of
from pytest_llmcal.plugin.shelves import AnswerError, LoadError
from pytest_llmcal.plugin.stash import ATTEMPT, MODELS, SETTINGS

if TYPE_CHECKING:
    from pytest_llmcal.measurement import Verdict
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scores.decision import Decision
    from pytest_llmcal.scores.effect import Steadiness
    from pytest_llmcal.scoring.confidence import AnyMethod
    from pytest_llmcal.tasks import Items, Task
    from pytest_llmcal.tasks.changes import PromptChange


class Score:
    """A function from a task or items to the current model's scores; loads nothing until called."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(
        self,
        asked: Task | AnsweredTask | Items,
        normalization: str = "sum",
        *,
        confidence: str | AnyMethod | None = None,
    ) -> Scores:
        """Score the items; of a task, those of its test split. With --llmcal-calibrator, calibrated by it.

        With --llmcal-scores a task's answers are read, and nothing else can be scored.

        Parameters
        ----------
        asked : Task or Items
            What the model is asked.
        normalization, confidence
            As for ``pytest_llmcal.scoring.score``; confidence by default what marker or option name.
        """
        if isinstance(asked, AnsweredTask):
            return self._read(asked, normalization, confidence)
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
        from pytest_llmcal.scoring.confidence.written import UnreadableError
        from pytest_llmcal.scoring.until import until

        every = _items(asked)

        def scored(items: Items) -> Scores:
            try:
                return self._scored(items, normalization, confidence)
            except AnswerError as error:
                if isinstance(error.reason, UnreadableError):
                    raise error.reason from None  # of these items, which are not all
                raise

        try:
            decision = until(
                scored,
                every,
                verdict=verdict,
                max_items=max_items,
                seed=self._request.config.stash[SETTINGS].seed,
                clusters=clusters,
                baseline=baseline,
            )
        except UnreadableError as error:
            raise AnswerError(str(error)) from None
        self._note_precision(every)
        return decision

    def _read(self, task: AnsweredTask, normalization: str, confidence: str | AnyMethod | None) -> Scores:
        logs = self._request.config.stash[SETTINGS].logs
        if logs is None:
            raise LoadError(f"The task {task.name!r} has no items, and no {FLAG} says what was answered.")
        if normalization != "sum" or confidence is not None:
            raise LoadError(f"{FLAG}: answers are weighed as their file is read, so they cannot be had in another way.")
        return calibrated(self._request, logs.get(self._request.getfixturevalue("llmcal_model_name"), task.name))

    def unmoved_by(
        self,
        change: PromptChange,
        asked: Task | Items,
        margin: float | Mapping[str, float] = 0.02,
        *,
        looks: int | None = None,
        normalization: str = "sum",
        confidence: str | AnyMethod | None = None,
    ) -> Steadiness:
        """Judge that a change of the prompts moves the model's answers by at most a margin.

        Only a refuted claim makes it false, so that hypothesis shrinks what breaks the model. Once all
        changes were looked at, one that was undecided counts as --llmcal-undecided says. The report shows the change
        that hypothesis shrank to, or the one that moved the answers most.

        Parameters
        ----------
        change : PromptChange
            What must not matter: ``@given(change=strategies.prompt_changes(...))``.
        asked : Task or Items
            What is asked; of a task its test split.
        margin : float or mapping of str to float
            How far accuracy, ECE and the share of answers that change may move; or other metrics by name.
        looks : int, optional
            How many changes this test looks at; they share its error rate. By default as many examples as hypothesis
            draws, one outside of it.
        normalization, confidence
            As for a call.

        Returns
        -------
        Steadiness
            Its verdicts are recorded.
        """
        from pytest_llmcal.scoring.confidence import identity

        items = _items(asked)
        log = self._request.node.stash[ATTEMPT]
        method = confidence_of(self._request, items, confidence)
        model = self._request.getfixturevalue("llmcal_model")
        models = self._request.config.stash[MODELS]
        steadiness = looks_of(log, looks).judged(
            change,
            items,
            margin,
            Answering(
                lambda wanted: models.score(model, wanted, normalization, method, keep=wanted is items),
                (normalization, identity(method)),
                None if calibrator_of(self._request) is None else lambda scores: calibrated(self._request, scores),
            ),
        )
        self._note_precision(items)
        return steadiness

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
