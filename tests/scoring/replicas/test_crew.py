"""Chunks among replicas: who has one, and what becomes of it when the replica dies or the model refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pretended_ray import FACTS, DeathError, PretendedRay, crew

from pytest_llmcal.scoring import GeneratingModel, ModelError, Request
from pytest_llmcal.scoring.cache.questions import LOG_LIKELIHOOD
from pytest_llmcal.scoring.replicas import RayModel
from pytest_llmcal.scoring.replicas.replica import Loaded, versions

PARTS = [[Request(f"item {number}", "", f" {number}")] for number in range(9)]


def answers_of(ray: PretendedRay, parts: object = None) -> dict[int, list[str]]:
    replicas = crew(ray)
    replicas.wait_for_one()
    given: Iterator = enumerate(PARTS) if parts is None else parts  # type: ignore[assignment]
    try:
        return dict(replicas.answered(LOG_LIKELIHOOD.ask, given))  # type: ignore[arg-type]
    finally:
        replicas.close()


EXPECTED = {number: [f" {number}"] for number in range(9)}


class Dying:
    """Dies at one item, a number of times."""

    def __init__(self, item: str, times: int) -> None:
        self.item, self.left = item, times

    def __call__(self, part: list[Request]) -> list[str]:
        if part[0].item == self.item and self.left:
            self.left -= 1
            raise DeathError("the worker is gone\nand more")
        return [request.continuation for request in part]


def test_every_chunk_is_answered_whatever_the_order_in_which_answers_come() -> None:
    ray = PretendedRay()
    assert answers_of(ray) == EXPECTED
    assert sorted(ray.killed) == [1, 2]


def test_no_more_chunks_are_taken_than_there_are_replicas() -> None:
    taken: list[int] = []
    answered = 0

    def parts() -> Iterator[tuple[int, list[Request]]]:
        for number, part in enumerate(PARTS):
            taken.append(number)
            assert len(taken) - answered <= 2
            yield number, part

    replicas = crew(PretendedRay())
    replicas.wait_for_one()
    for _ in replicas.answered(LOG_LIKELIHOOD.ask, parts()):
        answered += 1
    assert taken == list(range(9))


@pytest.mark.parametrize("item", ["item 0", "item 4", "item 8"])
def test_a_chunk_whose_replica_died_is_answered_by_another_which_takes_its_place(item: str) -> None:
    ray = PretendedRay(answer=Dying(item, times=2))
    assert answers_of(ray) == EXPECTED
    assert ray.started == 4
    assert sorted(ray.killed) == [1, 2, 3, 4]


def test_a_chunk_at_which_every_replica_dies_is_named_and_the_others_are_answered_first() -> None:
    ray = PretendedRay(answer=Dying("item 3", times=3))
    replicas = crew(ray)
    replicas.wait_for_one()
    found: dict[int, list[str]] = {}
    with pytest.raises(
        ModelError, match=r"3 replicas died, .* from 'item 3' to 'item 3'; the last: DeathError: the worker"
    ):
        found.update(replicas.answered(LOG_LIKELIHOOD.ask, enumerate(PARTS)))
    assert all(found[number] == EXPECTED[number] for number in found)
    assert {0, 1, 2} <= found.keys()


def test_an_error_of_the_model_is_raised_as_itself_once_what_was_under_way_is_answered() -> None:
    def answer(part: list[Request]) -> list[str]:
        if part[0].item == "item 1":
            raise ModelError("item 'item 1': too long")
        return [request.continuation for request in part]

    replicas = crew(PretendedRay(answer=answer))
    replicas.wait_for_one()
    found = []
    with pytest.raises(ModelError, match=r"^item 'item 1': too long$"):
        found += [number for number, _ in replicas.answered(LOG_LIKELIHOOD.ask, enumerate(PARTS))]
    # nothing new is begun, and the replicas can be asked again
    again = dict(replicas.answered(LOG_LIKELIHOOD.ask, enumerate(PARTS[2:])))
    assert again == {number: [f" {number + 2}"] for number in range(7)}


def test_what_was_under_way_when_nobody_listened_any_more_is_no_answer_to_the_next_question() -> None:
    replicas = crew(PretendedRay())
    replicas.wait_for_one()
    listening = replicas.answered(LOG_LIKELIHOOD.ask, enumerate(PARTS))
    next(listening)
    listening.close()  # type: ignore[attr-defined]
    assert dict(replicas.answered(LOG_LIKELIHOOD.ask, enumerate(PARTS))) == EXPECTED


def test_a_model_that_cannot_be_loaded_says_so_in_its_own_words() -> None:
    def load(_: int) -> Loaded:
        raise ModelError("there is no such folder")

    with pytest.raises(ModelError, match=r"^there is no such folder$"):
        crew(PretendedRay(load=load)).wait_for_one()


def test_replicas_that_die_while_they_load_are_given_up_after_three() -> None:
    def load(_: int) -> Loaded:
        raise DeathError("killed for memory")

    ray = PretendedRay(load=load)
    with pytest.raises(
        ModelError, match="3 replicas died while they loaded it; the last: DeathError: killed for memory"
    ):
        crew(ray).wait_for_one()


def test_where_one_has_loaded_the_others_are_done_without() -> None:
    def load(number: int) -> Loaded:
        if number > 1:
            raise DeathError("its node has too little memory")
        return Loaded(FACTS, versions(), "here")

    ray = PretendedRay(load=load)
    assert answers_of(ray) == EXPECTED
    assert ray.started <= 6


def test_a_crew_that_was_closed_says_so() -> None:
    replicas = crew(PretendedRay())
    replicas.wait_for_one()
    replicas.close()
    with pytest.raises(ModelError, match="'pretended' was closed, or none of its replicas is left; load it again"):
        list(replicas.answered(LOG_LIKELIHOOD.ask, enumerate(PARTS)))


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (
            Loaded(replace(FACTS, revision="4e21"), versions(), "there"),
            "'there' revision is '4e21', and elsewhere '3f9c'",
        ),
        (Loaded(FACTS, versions() | {"torch": "1.0"}, "there"), "'there' torch is '1.0', and elsewhere '"),
    ],
)
def test_a_replica_with_other_files_or_libraries_is_refused(other: Loaded, text: str) -> None:
    ray = PretendedRay(load=lambda number: other if number == 1 else Loaded(FACTS, versions(), "here"))
    with pytest.raises(ModelError, match=text):
        answers_of(ray)
    assert 1 in ray.killed


def test_where_no_replica_comes_to_be_the_resources_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = PretendedRay()
    monkeypatch.setattr(ray, "wait", lambda *_, **__: ([], []))
    monkeypatch.setattr(ray, "available_resources", lambda: {"CPU": 1.0}, raising=False)
    with pytest.raises(ModelError, match=r"no replica could be started within 600 seconds; .* \{'CPU': 1.0\}"):
        crew(ray).wait_for_one()


def test_without_a_cache_questions_are_cut_into_chunks_and_put_together_again() -> None:
    asked = [Request(f"item {number}", "", f" {number}") for number in range(1_000)]
    replicas = crew(PretendedRay())
    replicas.wait_for_one()
    model = RayModel(replicas, "cpu")
    assert isinstance(model, GeneratingModel)
    told: list[tuple[int, int]] = []
    answers: Any = model.log_likelihoods(asked, lambda done, total: told.append((done, total)))
    assert answers == [f" {number}" for number in range(1_000)]
    assert len(told) == 4
    assert told[-1] == (1_000, 1_000)
    model.close()
