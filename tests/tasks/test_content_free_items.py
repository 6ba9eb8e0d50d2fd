"""A task's prompt around nothing: what differs from item to item is left out, all else stays."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.tasks import Item, Items, TaskError, Text, load_task
from pytest_llmcal.tasks.content_free import content_free, same_choices

LABELS = ["yes", "no"]
ROWS = [
    {"premise": "It rains.", "question": "Is it wet?", "hint": "Think.", "choices": LABELS, "answer": 0},
    {"premise": "It is dry.", "question": "Is it wet?", "hint": "Think.", "choices": LABELS, "answer": 1},
]


def loaded(folder: Path, rows: list[dict[str, Any]] = ROWS, **options: Any) -> Items:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_task(path, calibration=0, **{"name": "wet", **options}).test


def prompts(items: Items) -> list[str]:
    return [item.prompt for item in items if isinstance(item, Item)]


def test_each_input_stands_where_the_question_stood(tmp_path: Path) -> None:
    made = content_free(loaded(tmp_path))
    assert prompts(made) == [f"Question: {text}\nAnswer:" for text in ("N/A", "[MASK]", "")]
    assert all(isinstance(item, Item) and item.choices == (" yes", " no") for item in made)
    assert (made.task, made.split) == ("wet", "content-free")


def test_what_differs_is_replaced_and_what_all_share_stays(tmp_path: Path) -> None:
    items = loaded(tmp_path, template="{{ hint }} {{ premise }} So: {{ question }}")
    assert prompts(content_free(items, ["N/A"])) == ["Think. N/A So: N/A"]


def test_columns_that_the_template_does_not_show_may_hold_anything(tmp_path: Path) -> None:
    rows = [row | {"votes": [place]} for place, row in enumerate(ROWS)]
    assert prompts(content_free(loaded(tmp_path, rows), ["x"])) == ["Question: x\nAnswer:"]
    with pytest.raises(TaskError, match=r"line 1, column 'votes': the template shows it, .* and it is list"):
        content_free(loaded(tmp_path, rows, template="{{ votes }} {{ question }}"))


def test_an_empty_cell_stays_empty(tmp_path: Path) -> None:
    rows = [row | {"context": context} for row, context in zip(ROWS, [None, "Rain."], strict=True)]
    items = loaded(tmp_path, rows, template="{% if context %}{{ context }} {% endif %}{{ question }}")
    assert prompts(content_free(items, ["x"])) == ["x"]


def test_labels_that_the_prompt_lists_stay_and_options_that_differ_go(tmp_path: Path) -> None:
    assert prompts(content_free(loaded(tmp_path, style="letters"), ["x"])) == ["Question: x\nA. yes\nB. no\nAnswer:"]
    rows = [ROWS[0], ROWS[1] | {"choices": ["wet", "dry", "damp"]}]
    made = content_free(loaded(tmp_path, rows, style="letters"), ["x"])
    assert prompts(made) == ["Question: x\nA. x\nB. x\nC. x\nAnswer:"]
    assert isinstance(made[0], Item)
    assert made[0].choices == (" A", " B", " C")


def test_an_item_may_have_the_first_choices_only(tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[1] | {"choices": ["yes", "no", "perhaps"]}]
    assert same_choices(loaded(tmp_path, rows)) == (" yes", " no", " perhaps")


def test_choices_that_differ_are_refused_and_the_item_is_named(tmp_path: Path) -> None:
    items = loaded(tmp_path, [ROWS[0] | {"id": "a"}, ROWS[1] | {"id": "b", "choices": ["no", "yes"]}], id="id")
    with pytest.raises(TaskError, match=r"choices differ from item to item: item 'a' has .*, item 'b' has"):
        content_free(items)


def test_a_template_without_content_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"nothing that its template shows \(hint\) differs"):
        content_free(loaded(tmp_path, template="{{ hint }} {{ letters[0] }}"))


def test_items_that_do_not_say_how_they_were_made_are_refused() -> None:
    items = Items("mine", "test", (Item("a", "Is it wet?", ("yes", "no"), 0),))
    with pytest.raises(TaskError, match="item 'a' does not say how its prompt was made"):
        content_free(items)
    with pytest.raises(TaskError, match="running texts"):
        content_free(Items("mine", "test", (Text("a", "Once."),)))


def test_how_a_prompt_was_made_is_no_part_of_what_an_item_is(tmp_path: Path) -> None:
    items = loaded(tmp_path)
    bare = Items(items.task, items.split, tuple(replace(item, wording=None) for item in items))  # type: ignore[call-arg]
    assert items == bare
    assert items.fingerprint == bare.fingerprint
    assert "wording" not in repr(items)


def test_items_can_be_pickled_and_made_again(tmp_path: Path) -> None:
    items = loaded(tmp_path)
    assert content_free(pickle.loads(pickle.dumps(items))) == content_free(items)
