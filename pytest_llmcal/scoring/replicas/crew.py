"""Who of the replicas is idle, who has which chunk, and what becomes of it when one dies."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_llmcal.scoring.protocol import ModelError
from pytest_llmcal.scoring.replicas.replica import Loaded, Replica, versions

if TYPE_CHECKING:
    from pytest_llmcal.records import ModelFacts
    from pytest_llmcal.scoring.at_once import Ask
    from pytest_llmcal.scoring.replicas.room import Room

TRIES = 3
"""Times that a chunk is handed out, and that a replica is started in place of one that died before it had loaded."""

PATIENCE = 600.0
"""Seconds to wait for the first replica, on a cluster that has to start machines perhaps."""


@dataclass(frozen=True)
class _Shard:
    """One chunk, and how often it was lost."""

    number: int
    part: Sequence[Any]
    lost: int = 0


class Crew:
    """Replicas of one model, each with one chunk at most.

    Parameters
    ----------
    ray : module
        Connected to a cluster.
    room : Room
        How many replicas, and what each takes.
    name : str
        Of the model.
    options : mapping of str to anything
        For ``load_model``.
    """

    def __init__(self, ray: Any, room: Room, name: str, options: Mapping[str, Any]) -> None:
        self._ray = ray
        self._name = name
        self._options = dict(options)
        self._room = room
        # a replica that died is replaced here, which then hands its chunk out again
        self._kind = ray.remote(num_cpus=room.cores, num_gpus=room.gpus, max_restarts=0, scheduling_strategy="SPREAD")(
            Replica
        )
        self._loading: dict[Any, Any] = {}  # replica by what it will say of itself
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, _Shard | None]] = {}  # replica and chunk by the answers to come
        self._died_loading = 0
        self._first: Loaded | None = None
        self._begun = time.monotonic()
        for _ in range(room.replicas):
            self._start()

    @property
    def facts(self) -> ModelFacts:
        """What the first replica said of the model."""
        assert self._first is not None, "wait_for_one comes first"
        return self._first.facts

    def wait_for_one(self) -> None:
        """Return once a replica has loaded the model.

        Raises
        ------
        ModelError
            It could not be loaded, or no replica came to be.
        """
        while not self._idle:
            self._hear([])

    def wait_for_all(self) -> None:
        """Return once every replica has loaded the model.

        Raises
        ------
        ModelError
            As for ``wait_for_one``.
        """
        while self._loading:
            self._hear([])

    def answered(
        self, ask: Ask[Any, Any], parts: Iterable[tuple[int, Sequence[Any]]]
    ) -> Iterator[tuple[int, Sequence[Any]]]:
        """Answer numbered chunks, each given back as soon as it is answered; the next is taken by an idle replica.

        Raises
        ------
        ModelError
            As the model, once what was under way is answered; or a chunk was lost too often.
        """
        ask_of_all = self._ray.put(ask)
        left = iter(parts)
        again: deque[_Shard] = deque()
        failed: BaseException | None = None
        try:
            while True:
                while self._idle and failed is None:
                    shard = again.popleft() if again else next((_Shard(*each) for each in left), None)
                    if shard is None:
                        break
                    self._hand_out(ask_of_all, shard)
                if not self._is_awaited() and (failed is not None or self._idle):
                    break
                try:
                    heard = self._hear(again)
                except ModelError as error:  # of a replica that came later; the others finish what they have
                    failed, heard = failed or error, []
                for shard, answers in heard:
                    if isinstance(answers, BaseException):
                        failed = failed or answers
                    else:
                        yield shard.number, answers
        finally:
            for reference, (replica, _) in self._busy.items():  # nobody listens any more
                self._busy[reference] = (replica, None)
        if failed is not None:
            raise failed

    def close(self) -> None:
        """End all replicas."""
        for replica in (*self._loading.values(), *self._idle, *(replica for replica, _ in self._busy.values())):
            self._ray.kill(replica)
        self._loading, self._idle, self._busy = {}, [], {}

    def _is_awaited(self) -> bool:
        return any(shard is not None for _, shard in self._busy.values())

    def _start(self) -> None:
        replica = self._kind.remote()
        self._loading[replica.load.remote(self._name, self._options)] = replica

    def _hand_out(self, ask: Any, shard: _Shard) -> None:
        replica = self._idle.pop(0)
        self._busy[replica.answer.remote(ask, shard.part)] = (replica, shard)

    def _hear(self, again: deque[_Shard] | list[_Shard]) -> list[tuple[_Shard, Any]]:
        """Wait until some replica has something to say; return answers, or what the model raised instead."""
        if not (self._loading or self._busy):
            raise ModelError(f"model {self._name!r} was closed, or none of its replicas is left; load it again")
        patience = PATIENCE if not (self._busy or self._idle) else None
        ready, _ = self._ray.wait([*self._loading, *self._busy], num_returns=1, timeout=patience)
        if not ready:
            raise ModelError(
                f"model {self._name!r}: no replica could be started within {PATIENCE:.0f} seconds; each takes "
                f"{self._room.cores} cores and {self._room.gpus} GPUs, and the Ray cluster has free "
                f"{self._ray.available_resources()}"
            )
        heard = []
        for reference in ready:
            if reference in self._loading:
                self._hear_of_loading(reference)
            else:
                heard += self._hear_of_answers(reference, again)
        return heard

    def _hear_of_loading(self, reference: Any) -> None:
        replica = self._loading.pop(reference)
        try:
            self._check_same(self._value(reference))
        except self._deaths() as death:
            self._died_loading += 1
            if self._died_loading < TRIES:
                self._replace(replica)
            elif self._first is None or not (self._loading or self._busy or self._idle):
                raise ModelError(
                    f"model {self._name!r}: {TRIES} replicas died while they loaded it; the last: {_first_line(death)}"
                ) from death
            return  # with the others
        except BaseException:
            self._ray.kill(replica)
            raise
        self._died_loading = 0
        self._idle.append(replica)

    def _hear_of_answers(self, reference: Any, again: deque[_Shard] | list[_Shard]) -> list[tuple[_Shard, Any]]:
        replica, shard = self._busy.pop(reference)
        try:
            answers = self._value(reference)
        except self._deaths() as death:
            self._replace(replica)
            if shard is None:
                return []
            lost = replace(shard, lost=shard.lost + 1)
            if lost.lost >= TRIES:
                return [(lost, self._too_often(lost, death))]
            again.append(lost)
            return []
        except Exception as error:
            answers = error  # the model's own
        self._idle.append(replica)
        return [] if shard is None else [(shard, answers)]

    def _value(self, reference: Any) -> Any:
        """Fetch what a replica has said, or raise what was raised there, as itself."""
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error

    def _deaths(self) -> tuple[type[Exception], ...]:
        """How Ray says that a replica, its node, or the answers kept there are gone."""
        known = self._ray.exceptions
        return (
            known.RayActorError,
            known.ObjectLostError,
            known.WorkerCrashedError,
            known.NodeDiedError,
            known.OutOfMemoryError,
        )

    def _replace(self, replica: Any) -> None:
        self._ray.kill(replica)  # it may live where only the line to it is broken
        self._start()

    def _check_same(self, loaded: Loaded) -> None:
        """Raise where replicas would not give the same answers: other files there, or other libraries."""
        expected = {**versions(), **({} if self._first is None else _told(self._first))}
        for what, came in {**loaded.versions, **_told(loaded)}.items():
            if came != expected.get(what, came):
                raise ModelError(
                    f"model {self._name!r}: on the machine {loaded.host!r} {what} is {came!r}, and elsewhere "
                    f"{expected[what]!r}; all need the same files and the same libraries"
                )
        self._first = self._first or loaded

    def _too_often(self, shard: _Shard, death: Exception) -> ModelError:
        ids = [getattr(each, "item", None) or each[0] for each in (shard.part[0], shard.part[-1])]
        return ModelError(
            f"model {self._name!r}: {TRIES} replicas died, one after the other, at the items from {ids[0]!r} to "
            f"{ids[1]!r}; the last: {_first_line(death)}"
        )


def _told(loaded: Loaded) -> dict[str, str]:
    return {"revision": loaded.facts.revision, "dtype": loaded.facts.dtype}


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
