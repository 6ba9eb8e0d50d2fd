"""Names that a package registered are asked of that package."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from pytest_llmcal.tasks import Item, Items, Task, TaskError, load_task


def load_moon(name: str) -> Task:
    items = tuple(Item(f"i{n}", "q", ("a", "b"), 0) for n in range(9))
    return Task(name, Items(name, "calibration", items[:4]), Items(name, "test", items[4:]), "the moon")


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    entries = [EntryPoint("moon", f"{__name__}:load_moon", "pytest_llmcal.tasks")]

    def entry_points(*, group: str, name: str) -> list[EntryPoint]:
        return [entry for entry in entries if (entry.group, entry.name) == (group, name)]

    monkeypatch.setattr("pytest_llmcal.tasks.registry.entry_points", entry_points)
    return entries


@pytest.mark.usefixtures("registered")
def test_the_first_part_of_the_name_says_who_is_asked() -> None:
    task = load_task("moon/craters")
    assert (task.name, task.source, len(task.test)) == ("moon/craters", "the moon", 5)


@pytest.mark.usefixtures("registered")
def test_a_limit_holds_for_both_splits() -> None:
    task = load_task("moon/craters", limit=2, seed=7)
    assert task.calibration is not None
    assert [len(task.calibration), len(task.test)] == [2, 2]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("options", [{"template": "{{ x }}"}, {"shuffle_choices": True}, {"calibration": None}])
def test_the_rest_is_the_packages_own(options: dict[str, Any]) -> None:
    with pytest.raises(
        TaskError, match=rf"task 'moon/craters' brings its own .*: {next(iter(options))} cannot be given"
    ):
        load_task("moon/craters", **options)


def test_two_packages_for_one_name_are_refused(registered: list[EntryPoint]) -> None:
    registered.append(EntryPoint("moon", "another:load", "pytest_llmcal.tasks"))
    with pytest.raises(TaskError, match=r"another:load and .*load_moon are both registered for 'moon'"):
        load_task("moon/craters")


def test_the_world_is_registered() -> None:
    task = load_task("world/qa", limit=3)
    assert (task.name, len(task.test)) == ("world/qa", 3)
    with pytest.raises(TaskError, match="world"):
        load_task("world/nothing")
