"""What is kept between tests: one model in memory with its scores, and the tasks read so far."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from pytest_llmcal.plugin.progress import progress_line
from pytest_llmcal.plugin.subjects import Answered

if TYPE_CHECKING:
    from pytest_llmcal.records import ModelFacts, Record
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scoring.protocol import Model
    from pytest_llmcal.tasks import Items, Task


class LoadError(Exception):
    """A model or task cannot be loaded; every test that needs it says the same sentence."""

    __module__ = "builtins"  # as pytest does with its own outcomes: the summary begins with the sentence, not a path


class AnswerError(Exception):
    """A model cannot answer an item; the sentence names it, and the scorer's own frames would only hide it."""

    __module__ = "builtins"  # as above


class ModelShelf:
    """Holds at most one model, and what it has answered.

    Attributes
    ----------
    facts : dict of str to ModelFacts
        What is known of the models loaded so far, by the name they were asked for.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.facts: dict[str, ModelFacts] = {}
        self._config = config
        self._asked: dict[str, str] = {}
        self._failures: dict[str, str] = {}
        self._name: str | None = None
        self._model: Model | None = None
        self._scores: dict[tuple[int, str, str, str, str], tuple[Model, Scores]] = {}
        self._answered: dict[tuple[str | None, str | None], Answered] = {}

    def get(self, name: str) -> Model:
        """Return a model, loading it first where it is not the one in memory.

        Raises
        ------
        LoadError
            If it cannot be loaded. That is found out once; later calls repeat the sentence.
        """
        if name in self._failures:
            raise LoadError(self._failures[name])
        if self._model is None or self._name != name:
            self.release()
            self._model, self._name = self._load(name), name
        return self._model

    def _load(self, name: str) -> Model:
        from pytest_llmcal.scoring.progress import announced
        from pytest_llmcal.scoring.protocol import Model

        try:
            with announced(progress_line(self._config, f"loading {name}")):
                model: Model = self._config.hook.pytest_llmcal_load_model(name=name, config=self._config)
            _check(model, Model, "pytest_llmcal_load_model")
            self.facts[name] = replace(model.facts, name=name)
            self._asked[model.facts.name] = name
        except Exception as error:
            self._failures[name] = f"The model {name!r} could not be loaded: {error}"
            raise LoadError(self._failures[name]) from error
        return model

    def release(self) -> None:
        """Free the model in memory, if there is one, with its scores."""
        model, self._model, self._name = self._model, None, None
        self._scores.clear()
        if model is not None:
            model.close()

    def as_named(self, record: Record) -> Record:
        """Call the model of a record what the run calls it, where the model calls itself otherwise.

        A folder is named relative to the root in the options and loaded by its whole path, which is
        another on every machine.
        """
        name = self._asked.get(record.model or "", record.model)
        return record if name == record.model else replace(record, model=name)

    def answered(self, record: Record) -> Answered | None:
        """Return what a model was asked to come to a record; None where the scores were made by hand."""
        return self._answered.get((record.model, record.data))

    def score(self, model: Model, items: Items, normalization: str) -> Scores:
        """Score items, once for each model, split and normalisation."""
        from pytest_llmcal.scoring import ModelError, score

        key = (id(model), items.task, items.split, items.fingerprint, normalization)
        if key not in self._scores:
            with progress_line(self._config, f"{self._name} on {items.task} ({items.split})") as progress:
                start = perf_counter()
                try:
                    answers = score(model, items, normalization=normalization, progress=progress)
                except ModelError as error:
                    raise AnswerError(str(error)) from None
            self._answered[self._name, items.fingerprint] = Answered(items, perf_counter() - start)
            # The model is kept with its scores: while it lives, no other object has its id.
            self._scores[key] = (model, answers)
        return self._scores[key][1]


class TaskShelf:
    """Holds the tasks read so far, whole and shortened."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._tasks: dict[tuple[str, int | None], Task] = {}
        self._failures: dict[str, str] = {}

    def get(self, source: str, limit: int | None) -> Task:
        """Return a task with at most ``limit`` items in each split.

        Raises
        ------
        LoadError
            If it cannot be read. That is found out once; later calls repeat the sentence.
        """
        if source in self._failures:
            raise LoadError(self._failures[source])
        key = (source, limit)
        if key not in self._tasks:
            self._tasks[key] = self._load(source) if limit is None else shortened(self.get(source, None), limit)
        return self._tasks[key]

    def _load(self, source: str) -> Task:
        from pytest_llmcal.scoring.progress import announced
        from pytest_llmcal.tasks import Task

        try:
            with announced(progress_line(self._config, f"reading {source}")):
                task: Task = self._config.hook.pytest_llmcal_load_task(name=source, config=self._config)
            _check(task, Task, "pytest_llmcal_load_task")
        except Exception as error:
            self._failures[source] = f"The task {source!r} could not be loaded: {error}"
            raise LoadError(self._failures[source]) from error
        return task


def _check(loaded: object, wanted: type, hook: str) -> None:
    if not isinstance(loaded, wanted):
        raise TypeError(f"the hook {hook} returned {loaded!r}, which is no pytest_llmcal.{wanted.__name__}")


def shortened(task: Task, limit: int) -> Task:
    """Return a task with the first items of each split."""
    calibration = None if task.calibration is None else task.calibration[:limit]
    return replace(task, calibration=calibration, test=task.test[:limit])
