"""What is kept between tests: one model in memory with its scores, and the tasks read so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import pytest

from pytest_llmcal.plugin.progress import progress_line
from pytest_llmcal.plugin.stash import SETTINGS
from pytest_llmcal.plugin.subjects import Answered
from pytest_llmcal.plugin.turns import Turn

if TYPE_CHECKING:
    from pytest_llmcal.records import ModelFacts, Record
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.scoring.confidence import AnyMethod
    from pytest_llmcal.scoring.protocol import Model
    from pytest_llmcal.tasks import Items, Task

Loaded = TypeVar("Loaded")


class LoadError(Exception):
    """A model or task cannot be loaded; every test that needs it says the same sentence."""

    __module__ = "builtins"  # as pytest does with its own outcomes: the summary begins with the sentence, not a path


class AnswerError(Exception):
    """A model cannot answer an item; the sentence names it, and the scorer's own frames would only hide it."""

    __module__ = "builtins"  # as above

    def __init__(self, text: str, reason: Exception | None = None) -> None:
        super().__init__(text)
        self.reason = reason


class Hooked:
    """Loads by a hook what a name means, and finds out once what cannot be loaded.

    Parameters
    ----------
    config : pytest.Config
    kind : {"model", "task"}
        What is loaded.
    doing : str
        What is said while that takes long, before the name.
    """

    def __init__(self, config: pytest.Config, kind: str, doing: str) -> None:
        self._config = config
        self._kind = kind
        self._doing = doing
        self._failures: dict[str, str] = {}

    def check(self, name: str) -> None:
        """Raise the `LoadError` of what could not be loaded before."""
        if name in self._failures:
            raise LoadError(self._failures[name])

    @contextmanager
    def explained(self, name: str) -> Iterator[None]:
        """Say that a name is being loaded once that takes long, and raise a `LoadError` where it fails."""
        from pytest_llmcal.scoring.progress import announced

        try:
            with announced(progress_line(self._config, f"{self._doing} {name}")):
                yield
        except Exception as error:
            self._failures[name] = f"The {self._kind} {name!r} could not be loaded: {error}"
            raise LoadError(self._failures[name]) from error

    def load(self, name: str, wanted: type[Loaded]) -> Loaded:
        """Ask the hook what a name means, and check that it is what was wanted."""
        hook = f"pytest_llmcal_load_{self._kind}"
        loaded = getattr(self._config.hook, hook)(name=name, config=self._config)
        if not isinstance(loaded, wanted):
            raise TypeError(f"the hook {hook} returned {loaded!r}, which is no pytest_llmcal.{wanted.__name__}")
        return loaded


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
        self._hooked = Hooked(config, "model", "loading")
        self._turn = Turn(config)
        self._asked: dict[str, str] = {}
        self._name: str | None = None
        self._model: Model | None = None
        # Model and method are kept with what came of them: while they live, no other object has their id.
        self._scores: dict[tuple[object, ...], tuple[Model, AnyMethod | None, Scores]] = {}
        self._notes: dict[tuple[int, str, str, str], tuple[Model, str]] = {}
        self._answered: dict[tuple[str | None, str | None, str | None], Answered] = {}

    def get(self, name: str) -> Model:
        """Return a model, loading it first where it is not the one in memory.

        Raises
        ------
        LoadError
            If it cannot be loaded. That is found out once; later calls repeat the sentence.
        """
        self._hooked.check(name)
        if self._model is None or self._name != name:
            self.release()
            self._model, self._name = self._load(name), name
        return self._model

    def _load(self, name: str) -> Model:
        from pytest_llmcal.scoring.protocol import Model

        if not self._is_looked_up():
            self.take_turn()
        with ExitStack() as unless_on_a_gpu:
            unless_on_a_gpu.callback(self._turn.give_back)
            with self._hooked.explained(name):
                # Any class that has what the protocol asks for is a model.
                model: Model = self._hooked.load(name, Model)  # type: ignore[type-abstract]
                facts = model.facts
            if "cuda" in facts.device:
                unless_on_a_gpu.pop_all()
        self.facts[name] = replace(facts, name=name)
        self._asked[facts.name] = name
        return model

    def _is_looked_up(self) -> bool:
        """Tell whether models come from the score cache for certain, so that each takes its turn once it must load."""
        own = len(self._config.hook.pytest_llmcal_load_model.get_hookimpls()) == 1
        return own and self._config.stash[SETTINGS].cache is not None

    def take_turn(self) -> None:
        """Wait until no other worker has a model on the GPUs of this run."""
        self._turn.take()

    def release(self) -> None:
        """Free the model in memory, if there is one, with its scores."""
        model, self._model, self._name = self._model, None, None
        self._scores.clear()
        self._notes.clear()
        try:
            if model is not None:
                model.close()
        finally:
            self._turn.give_back()

    def as_named(self, record: Record) -> Record:
        """Call the model of a record what the run calls it, where the model calls itself otherwise.

        A folder is named relative to the root in the options and loaded by its whole path, which is
        another on every machine.
        """
        name = self._asked.get(record.model or "", record.model)
        return record if name == record.model else replace(record, model=name)

    def answered(self, record: Record) -> Answered | None:
        """Return what a model was asked to come to a record; None where the scores were made by hand."""
        return self._answered.get((record.model, record.data, record.confidence_method))

    def score(
        self, model: Model, items: Items, normalization: str, method: AnyMethod | None, *, keep: bool = True
    ) -> Scores:
        """Score items, once for each model, split, normalisation and confidence method.

        Scores that are not to be kept take no memory.
        """
        from pytest_llmcal.scoring import ModelError, score
        from pytest_llmcal.scoring.confidence import identity, told
        from pytest_llmcal.tasks import TaskError

        key = (id(model), items.task, items.split, items.fingerprint, normalization, identity(method))
        if key not in self._scores:
            with progress_line(self._config, f"{self._name} on {items.task} ({items.split})") as progress:
                start = perf_counter()
                try:
                    answers = score(model, items, normalization=normalization, confidence=method, progress=progress)
                except (ModelError, TaskError) as error:  # it cannot answer, or what it wrote cannot be judged
                    raise AnswerError(str(error), error) from None
            if not keep:
                return answers
            self._answered[self._name, items.fingerprint, told(method)] = Answered(items, perf_counter() - start)
            self._scores[key] = (model, method, answers)
        return self._scores[key][-1]

    def precision_note(self, model: Model, items: Items) -> str | None:
        """Say what a narrow number format on the CPU changes on items, found out once; None for any other model."""
        from pytest_llmcal.scoring import ModelError
        from pytest_llmcal.scoring.precision import dtype_flips, is_narrow_on_cpu
        from pytest_llmcal.scoring.progress import announced

        if not is_narrow_on_cpu(model):
            return None
        key = (id(model), items.task, items.split, items.fingerprint)
        if key not in self._notes:
            about = f"{self._name} on {items.task} ({items.split})"
            try:
                with announced(progress_line(self._config, f"comparing with float32: {about}")):
                    self._notes[key] = (model, f"{about}: {dtype_flips(model, items)}.")
            except ModelError as error:
                raise AnswerError(str(error)) from None
        return self._notes[key][1]


class TaskShelf:
    """Holds the tasks read so far, whole and shortened."""

    def __init__(self, config: pytest.Config) -> None:
        self._hooked = Hooked(config, "task", "reading")
        self._tasks: dict[tuple[str, int | None], Task] = {}

    def get(self, source: str, limit: int | None) -> Task:
        """Return a task with at most ``limit`` items in each split.

        Raises
        ------
        LoadError
            If it cannot be read. That is found out once; later calls repeat the sentence.
        """
        from pytest_llmcal.tasks import Task

        self._hooked.check(source)
        key = (source, limit)
        if key not in self._tasks:
            if limit is None:
                with self._hooked.explained(source):
                    self._tasks[key] = self._hooked.load(source, Task)
            else:
                self._tasks[key] = shortened(self.get(source, None), limit)
        return self._tasks[key]


def shortened(task: Task, limit: int) -> Task:
    """Return a task with the first items of each split."""
    calibration = None if task.calibration is None else task.calibration[:limit]
    return replace(task, calibration=calibration, test=task.test[:limit])
