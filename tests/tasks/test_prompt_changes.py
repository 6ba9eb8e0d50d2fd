"""Changes of prompts: the same question with the same right answer, otherwise put."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.tasks import Item, Items, TaskError, load_task
from pytest_llmcal.tasks.changes import (
    Casing,
    Given,
    Label,
    Letters,
    Preface,
    PromptChange,
    Swap,
    Template,
    WhiteSpace,
    offered,
)

LISTED = "Question: Which Sea is it?\nA. North\nB. East\nC. Black\nAnswer:"
ROW = {"question": "Which Sea is it?", "choices": ["North", "East", "Black"], "answer": 1, "id": "q"}


def loaded(folder: Path, **options: Any) -> Items:
    path = folder / "row.jsonl"
    path.write_text(json.dumps(ROW))
    return load_task(path, **{"calibration": 0, "id": "id", "shuffle_choices": False, **options}).test


def changed(items: Items, *steps: Any) -> Item:
    [item] = PromptChange(steps).apply(items)
    assert isinstance(item, Item)
    assert item.id == "q"
    return item


def test_behind_letters_the_options_trade_places_and_the_letters_stay(tmp_path: Path) -> None:
    item = changed(loaded(tmp_path, style="letters"), Swap(1, 2))
    assert item.prompt == "Question: Which Sea is it?\nA. North\nB. Black\nC. East\nAnswer:"
    assert (item.choices, item.answer) == ((" A", " B", " C"), 2)


def test_weighed_wordings_trade_places_whether_or_not_the_prompt_lists_them(tmp_path: Path) -> None:
    plain = changed(loaded(tmp_path), Swap(0, 1))
    assert (plain.prompt, plain.choices) == ("Question: Which Sea is it?\nAnswer:", (" East", " North", " Black"))
    listed = changed(loaded(tmp_path, template="{{ choices | join(' or ') }}?"), Swap(0, 1))
    assert (listed.prompt, listed.choices, listed.answer) == (
        "East or North or Black?",
        (" East", " North", " Black"),
        0,
    )


@pytest.mark.parametrize(
    ("step", "prompt", "choices"),
    [
        (Letters("a"), "Question: Which Sea is it?\na. North\nb. East\nc. Black\nAnswer:", (" a", " b", " c")),
        (Letters("1"), "Question: Which Sea is it?\n1. North\n2. East\n3. Black\nAnswer:", (" 1", " 2", " 3")),
        (Label("East", "Baltic"), "Question: Which Sea is it?\nA. North\nB. Baltic\nC. Black\nAnswer:", None),
        (Casing("lower"), "Question: which sea is it?\nA. North\nB. East\nC. Black\nAnswer:", None),
        (Casing("upper"), "Question: WHICH SEA IS IT?\nA. North\nB. East\nC. Black\nAnswer:", None),
        (WhiteSpace("spaces are doubled"), LISTED.replace(" ", "  "), None),
        (WhiteSpace("line breaks are doubled"), LISTED.replace("\n", "\n\n"), None),
        (WhiteSpace("a line break stands in front"), "\n" + LISTED, None),
        (Template("{{ question }} {{ choices | join(', ') }}:"), "Which Sea is it? North, East, Black:", None),
        (Preface("It rains."), "It rains.\nQuestion: Which Sea is it?\nA. North\nB. East\nC. Black\nAnswer:", None),
    ],
    ids=str,
)
def test_each_kind_changes_what_it_says_and_nothing_else(tmp_path: Path, step: Any, prompt: str, choices: Any) -> None:
    item = changed(loaded(tmp_path, style="letters"), step)
    assert (item.prompt, item.choices, item.answer) == (prompt, choices or (" A", " B", " C"), 1)


def test_another_word_for_a_label_is_weighed_where_the_wording_is(tmp_path: Path) -> None:
    assert changed(loaded(tmp_path), Label("East", "Baltic")).choices == (" North", " Baltic", " Black")


def test_a_prompt_rendered_anew_keeps_what_was_edited_before(tmp_path: Path) -> None:
    before = changed(loaded(tmp_path, style="letters"), Preface("It rains."), Swap(0, 1), Letters("1"))
    assert before.prompt == "It rains.\nQuestion: Which Sea is it?\n1. East\n2. North\n3. Black\nAnswer:"


def test_items_that_keep_no_wording_are_edited_whole_and_their_truth_moves_along() -> None:
    old = Item("q", "The sea.", (" is", " was"), 0, truth=(0.9, 0.1))
    item = changed(Items("t", "test", (old,)), Swap(0, 1), Casing("upper"), Preface("It rains."))
    assert (item.prompt, item.choices, item.answer, item.truth) == (
        "It rains. THE SEA.",
        (" was", " is"),
        1,
        (0.1, 0.9),
    )


@given(st.integers(2, 6), st.data())
def test_places_say_where_each_choice_came_from(k: int, data: st.DataObject) -> None:
    pair = st.integers(1, 7).flatmap(lambda second: st.builds(Swap, st.integers(0, second - 1), st.just(second)))
    steps = tuple(data.draw(st.lists(pair, max_size=5)))
    answer = data.draw(st.integers(0, k - 1))
    old = Item("q", "p", tuple(f" {place}" for place in range(k)), answer)
    new = old
    for step in steps:
        new = step.applied(new, "t")
    places = PromptChange(steps).places(k)
    assert new.choices == tuple(old.choices[place] for place in places)
    assert new.choices[new.answer] == old.choices[old.answer]


def test_a_change_without_hold_on_any_item_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="task 'row': no item of its test split changes when options are lettered 1, 2"):
        PromptChange((Letters("1"),)).apply(loaded(tmp_path))
    with pytest.raises(TaskError, match="running texts"):
        PromptChange((Swap(0, 1),)).apply(load_text(tmp_path))


def load_text(folder: Path) -> Items:
    path = folder / "story.txt"
    path.write_text("Once upon a time.")
    return load_task(path, calibration=0).test


def test_an_item_with_fewer_choices_stays_as_it_is() -> None:
    few, many = Item("few", "p", (" a", " b"), 0), Item("many", "p", (" a", " b", " c"), 0)
    after = PromptChange((Swap(0, 2),)).apply(Items("t", "test", (few, many)))
    assert after[0] == few
    assert after[1] != many


def test_what_is_offered_follows_from_what_is_known_of_the_task(tmp_path: Path) -> None:
    assert list(offered(loaded(tmp_path))) == ["white_space", "casing", "template", "preface"]  # it lists no choices
    listed = loaded(tmp_path, template="{{ question }} {{ choices | join(' or ') }}?")
    assert list(offered(listed)) == ["order", "white_space", "casing", "preface"]
    letters = offered(loaded(tmp_path, style="letters"), given=Given(labels={"East": ["Baltic"]}))
    assert list(letters) == ["order", "letters", "labels", "white_space", "casing", "template", "preface"]
    assert letters["order"] == [Swap(0, 1), Swap(0, 2), Swap(1, 2)]
    assert "template" not in offered(loaded(tmp_path, template="{{ id }}: {{ question }}"))
    own = offered(
        loaded(tmp_path, template="{{ id }}: {{ question }}"), given=Given(templates=["{{ question }}{{ id }}"])
    )
    assert own["template"] == [Template("{{ question }}{{ id }}")]


def test_options_that_a_prompt_lists_by_letter_stay_where_it_is_not_known_how_it_was_made() -> None:
    made = Items("mine", "test", (Item("q", "Is it even?\nA. yes\nB. no\nAnswer:", (" A", " B"), 0),))
    assert list(offered(made)) == ["white_space", "casing", "preface"]
    said = "when choices 1 and 2 trade places: the prompt of item 'q' lists its options, and how it was made of them is"
    with pytest.raises(TaskError, match=said):
        PromptChange((Swap(0, 1),)).apply(made)


def test_places_of_an_item_are_those_of_the_steps_that_have_a_hold_on_it(tmp_path: Path) -> None:
    made = Item("q", "Is it even?\nA. yes\nB. no\nAnswer:", (" A", " B"), 0)
    both = PromptChange((Swap(0, 1),))
    assert both.places_of(made, "t") == [0, 1]
    assert both.places_of(loaded(tmp_path, style="letters")[0], "t") == [1, 0, 2]


def test_written_answers_can_be_asked_for_otherwise_and_keep_how_they_are_judged(tmp_path: Path) -> None:
    path = tmp_path / "open.jsonl"
    path.write_text(json.dumps({"question": "Which Sea is it?", "name": "East"}))
    items = load_task(path, references="name", calibration=0).test
    assert list(offered(items)) == ["white_space", "casing", "template", "preface"]
    after = PromptChange((Casing("upper"), Preface("It rains."))).apply(items)
    assert after.writing == items.writing
    assert after[0].prompt == "It rains.\nQuestion: WHICH SEA IS IT?\nAnswer:"
    with pytest.raises(TaskError, match="no item of its test split changes when choices 1 and 2 trade places"):
        PromptChange((Swap(0, 1),)).apply(items)


def test_what_cannot_be_offered_is_said(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="none of the changes letters, labels can be made to its prompts"):
        offered(loaded(tmp_path), ["labels", "letters"])
    with pytest.raises(TaskError, match=r"unknown kinds of changes \['colour'\]; allowed are one or more of order, "):
        offered(loaded(tmp_path), ["order", "colour"])
    with pytest.raises(TaskError, match="allowed are one or more of"):
        offered(loaded(tmp_path), [])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Swap(1, 1), r"Swap\(1, 1\) names no two places"),
        (lambda: Letters("i"), "no alphabet of options begins with 'i'; allowed are a, 1"),
        (lambda: Casing("title"), "unknown case 'title'; allowed are lower, upper"),
        (lambda: WhiteSpace("tabs"), "unknown white space 'tabs'; known are 'a space stands in front', "),
    ],
)
def test_values_that_are_not_allowed_are_named(make: Any, sentence: str) -> None:
    with pytest.raises(TaskError, match=sentence):
        make()


def test_changed_items_pass_between_processes(tmp_path: Path) -> None:
    item = changed(loaded(tmp_path, style="letters"), Preface("It rains."), WhiteSpace("spaces are doubled"))
    again = pickle.loads(pickle.dumps(item))
    assert again.wording.prompt() == item.prompt
