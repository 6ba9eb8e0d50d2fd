"""What became of an answer: empty, refused, truncated or answered."""

from __future__ import annotations

import pytest

from pytest_llmcal.tasks.outcomes import REFUSALS, outcome


@pytest.mark.parametrize("opening", REFUSALS)
def test_every_opening_is_a_refusal_whatever_its_case(opening: str) -> None:
    assert outcome(f" {opening}, and so on") == "refused"
    assert outcome(f'"{opening.upper()}') == "refused"


@pytest.mark.parametrize("text", ["Sorrento", "I cannoted", "The answer: I cannot", "He said sorry", "As an aim"])
def test_what_merely_resembles_a_refusal_is_an_answer(text: str) -> None:
    assert outcome(text) == "answered"


def test_the_first_rule_that_applies_counts() -> None:
    assert outcome(" \n", "length") == "empty"
    assert outcome("I\u2019m sorry, I", "length") == "refused"
    assert outcome("the river", "length") == "truncated"
    assert outcome("the river") == "answered"


def test_openings_of_ones_own_take_the_place_of_the_list() -> None:
    assert outcome("Leider kann ich", refusals=["leider"]) == "refused"
    assert outcome("I cannot", refusals=["leider"]) == "answered"
    assert outcome("I cannot", refusals=()) == "answered"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("Sorry", "Sorry"),
        ("I can\u2019t get no satisfaction", "(I Can't Get No) Satisfaction"),
        ("I'm sorry I am late.", "Sorry that I am late."),
    ],
)
def test_where_a_right_answer_begins_like_a_refusal_none_is_taken_for_one(text: str, reference: str) -> None:
    assert outcome(text, references=["something else", reference]) == "answered"
    assert outcome(text, references=["something else"]) == "refused"
