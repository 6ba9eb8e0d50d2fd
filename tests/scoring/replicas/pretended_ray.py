"""Stands in for the module ``ray``: replicas are objects here, and a script says which of them die when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import Request
from pytest_llmcal.scoring.replicas.crew import Crew
from pytest_llmcal.scoring.replicas.replica import Loaded, versions
from pytest_llmcal.scoring.replicas.room import Room

FACTS = ModelFacts("pretended", "3f9c", "float32", "cpu", 200_000_000)


class DeathError(Exception):
    """As Ray raises where an actor is gone."""


class TaskError(Exception):
    """As Ray raises where a method raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class PretendedRay:
    """Runs a method when its result is fetched; of those waited for, the last and the first is ready in turn."""

    def __init__(self, load: Callable[[int], Loaded] | None = None, answer: Callable[[Any], Any] | None = None) -> None:
        self.exceptions = SimpleNamespace(
            RayTaskError=TaskError,
            RayActorError=DeathError,
            ObjectLostError=DeathError,
            WorkerCrashedError=DeathError,
            NodeDiedError=DeathError,
            OutOfMemoryError=DeathError,
        )
        self.started = 0
        self.killed: list[int] = []
        self._turns = 0
        self._load = load or (lambda _: Loaded(FACTS, versions(), "there"))
        self._answer = answer or (lambda part: [request.continuation for request in part])

    def put(self, value: object) -> object:
        return value

    def remote(self, **_: object) -> Callable[[type], Any]:
        return lambda _: SimpleNamespace(remote=self._start)

    def wait(self, references: Sequence[Any], **_: object) -> tuple[list[Any], list[Any]]:
        self._turns += 1
        ready = references[-(self._turns % 2)]
        return [ready], [each for each in references if each is not ready]

    def get(self, reference: Any) -> Any:
        try:
            return reference()
        except DeathError:
            raise
        except Exception as error:
            raise TaskError(error) from error

    def kill(self, replica: Any) -> None:
        self.killed.append(replica.number)

    def _start(self) -> Any:
        number = self.started = self.started + 1

        def answer(_: object, part: Sequence[Request]) -> Any:
            return lambda: self._answer(part)

        def load(_name: str, _options: object) -> Any:
            return lambda: self._load(number)

        return SimpleNamespace(number=number, load=SimpleNamespace(remote=load), answer=SimpleNamespace(remote=answer))


def crew(ray: PretendedRay, replicas: int = 2) -> Crew:
    return Crew(ray, Room(replicas, 1, 0), "pretended", {})
