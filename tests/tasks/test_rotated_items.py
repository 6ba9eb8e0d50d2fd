"""Every cyclic order of an item's options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmcal.tasks import Item, Items, TaskError, load_task
from pytest_llmcal.tasks.rotations import rotated

LISTED = "{{ question }} {{ choices | join(' or ') }}?"


def loaded(folder: Path, options: list[str], answer: int, **more: Any) -> Items:
    path = folder / "row.jsonl"
    path.write_text(json.dumps({"question": "Which?", "choices": options, "answer": answer, "id": "q"}))
    return load_task(path, calibration=0, id="id", shuffle_choices=False, **more).test


def all_of(items: Items) -> list[Item]:
    return [item for item in items if isinstance(item, Item)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(2, 7), st.data())
def test_each_option_stands_once_behind_each_letter_and_the_answer_moves_along(
    tmp_path: Path, k: int, data: st.DataObject
) -> None:
    answer = data.draw(st.integers(0, k - 1))
    made = all_of(rotated(loaded(tmp_path, [f"option {place}" for place in range(k)], answer, style="letters")))
    lists = [[line.partition(". ")[2] for line in item.prompt.splitlines()[1:-1]] for item in made]
    assert len(made) == k
    for place in range(k):
        assert {options[place] for options in lists} == {f"option {each}" for each in range(k)}
    for item, options in zip(made, lists, strict=True):
        assert options[item.answer] == f"option {answer}"
        assert item.choices == tuple(f" {letter}" for letter in "ABCDEFG"[:k])


def test_the_first_rotation_is_the_item_itself(tmp_path: Path) -> None:
    items = loaded(tmp_path, ["a", "b", "c"], 1, style="letters")
    first, original = rotated(items)[0], items[0]
    assert isinstance(first, Item)
    assert isinstance(original, Item)
    assert (first.prompt, first.choices, first.answer) == (original.prompt, original.choices, original.answer)


def test_weighed_wordings_move_with_the_options(tmp_path: Path) -> None:
    made = all_of(rotated(loaded(tmp_path, ["a", "b", "c"], 1, template=LISTED)))
    assert [(item.prompt, item.choices, item.answer) for item in made] == [
        ("Which? a or b or c?", (" a", " b", " c"), 1),
        ("Which? b or c or a?", (" b", " c", " a"), 0),
        ("Which? c or a or b?", (" c", " a", " b"), 2),
    ]


def test_rotations_can_be_rotated_again(tmp_path: Path) -> None:
    once = rotated(loaded(tmp_path, ["a", "b"], 1, style="letters"))
    assert [item.prompt for item in all_of(rotated(once))] == [all_of(once)[place].prompt for place in (0, 1, 1, 0)]


def test_a_prompt_that_does_not_list_its_options_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="the prompt of item 'q' stays the same when its options are moved"):
        rotated(loaded(tmp_path, ["a", "b"], 1))
