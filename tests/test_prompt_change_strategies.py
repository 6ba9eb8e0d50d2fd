"""Which changes of prompts are drawn, and what they shrink to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import find, given

from pytest_llmcal.strategies import looks, prompt_changes
from pytest_llmcal.tasks import Items, TaskError, load_task
from pytest_llmcal.tasks.changes import Casing, Label, Letters, Preface, PromptChange, Swap

SMALL = load_task("world/qa", limit=20)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Items:
    path = tmp_path_factory.mktemp("task") / "rows.jsonl"
    rows = [{"question": f"Is it {n}?", "choices": ["yes", "no", "both", "none"], "answer": n % 4} for n in range(4)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return load_task(path, style="letters", calibration=0).test


@looks(60)
@given(prompt_changes(SMALL))
def test_every_change_can_be_made_to_the_task_and_names_no_family_twice(change: PromptChange) -> None:
    assert len(change.apply(SMALL.test)) == 20
    assert 1 <= len(change.steps) <= 5
    assert max(Counter(type(step) for step in change.steps if not isinstance(step, Swap)).values(), default=1) == 1
    assert len(set(change.steps)) == len(change.steps)


@pytest.mark.parametrize("place", range(4))
def test_what_moves_one_place_shrinks_to_one_swap_of_it(letters: Items, place: int) -> None:
    smallest = find(prompt_changes(letters), lambda change: change.places(4)[place] != place, settings=looks(100))
    assert smallest.steps == (Swap(0, max(place, 1)),)


@pytest.mark.parametrize(
    ("breaks", "smallest"),
    [
        (lambda steps: any(isinstance(step, Letters) for step in steps), (Letters("a"),)),
        (lambda steps: Letters("1") in steps, (Letters("1"),)),
        (lambda steps: any(isinstance(step, Preface) for step in steps), (Preface("It rains."),)),
        (lambda steps: Label("yes", "true") in steps, (Label("yes", "true"),)),
    ],
)
def test_a_change_shrinks_to_the_steps_that_matter(
    letters: Items, breaks: Callable[[tuple[object, ...]], bool], smallest: tuple[object, ...]
) -> None:
    drawn = prompt_changes(letters, labels={"yes": ["true"]}, sentences=["It rains.", "It snows."])
    found = find(drawn, lambda change: breaks(change.steps), settings=looks(400))
    assert set(found.steps) == set(smallest)


def test_two_steps_that_break_a_model_together_are_both_left(letters: Items) -> None:
    both = {Swap(0, 1), Casing("upper")}
    drawn = prompt_changes(letters, ["order", "casing"])
    assert set(find(drawn, lambda change: both <= set(change.steps), settings=looks(200)).steps) == both


def test_the_same_changes_are_drawn_in_every_run() -> None:
    runs: list[list[PromptChange]] = [[], []]
    heard: list[PromptChange] = []

    @looks(8)
    @given(prompt_changes(SMALL))
    def remember(change: PromptChange) -> None:
        heard.append(change)

    for run in runs:
        heard.clear()
        remember()
        run.extend(heard)
    assert runs[0] == runs[1]
    assert len(runs[0]) == 8


def test_nothing_is_loaded_before_the_first_draw_and_what_is_missing_is_said_then(tmp_path: Path) -> None:
    changes = prompt_changes(tmp_path / "nowhere.jsonl")
    with pytest.raises(TaskError, match="there is no such file"):
        find(changes, lambda _: True)
    with pytest.raises(TaskError, match="none of the changes letters can be made"):
        find(prompt_changes(SMALL, ["letters"]), lambda _: True)


def test_an_unknown_kind_is_refused_at_once() -> None:
    with pytest.raises(TaskError, match="unknown kinds of changes"):
        prompt_changes("world/qa", ["spelling"])
