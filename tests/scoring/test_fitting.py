"""What becomes of prompts that are longer than a model can read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring import ModelError, Request
from pytest_llmcal.scoring.fitting import Pair, Tokens, fitted


def asked(*items: str) -> list[Request]:
    return [Request(item, f"context of {item}", "choice") for item in items]


LONG = (1, *range(10, 30))


def test_what_fits_is_left_alone() -> None:
    pairs: list[Pair] = [((1, 2), (3,)), ((1, 2), (4, 5))]
    assert fitted(asked("a", "a"), pairs, limit=3, truncate=None, head=(1,)) == pairs
    assert fitted(asked("a", "a"), pairs, limit=None, truncate="left", head=(1,)) == pairs


def test_all_choices_of_an_item_are_given_the_context_that_the_longest_leaves_room_for() -> None:
    pairs: list[Pair] = [(LONG, (2,)), (LONG, (3, 4, 5)), (LONG, (6, 7))]
    found = fitted(asked("a", "a", "a"), pairs, limit=8, truncate="left", head=(1,))
    assert found == [(cut := (1, 25, 26, 27, 28, 29), (2,)), (cut, (3, 4, 5)), (cut, (6, 7))]
    assert found[0][0] is found[1][0]


def test_a_choice_that_would_fit_is_cut_with_one_that_does_not() -> None:
    pairs: list[Pair] = [((1, 2, 3, 4), (5,)), ((1, 2, 3, 4), (6, 7, 8))]
    assert [context for context, _ in fitted(asked("a", "a"), pairs, limit=4, truncate="left", head=(1,))] == [
        (1, 4)
    ] * 2


def test_other_items_are_not_touched() -> None:
    pairs: list[Pair] = [((1, 2), (3,)), (LONG, (3,)), ((1, 2), (4,))]
    found = fitted(asked("a", "b", "c"), pairs, limit=5, truncate="left", head=(1,))
    assert [found[0], found[2]] == [pairs[0], pairs[2]]
    assert found[1] == ((1, 26, 27, 28, 29), (3,))


def test_as_much_of_the_head_is_kept_as_the_context_has() -> None:
    """Its last token may have merged with the first of the prompt."""
    context = (1, 10, 12, *range(50, 70))
    [(cut, _)] = fitted(asked("a"), [(context, (2,))], limit=5, truncate="left", head=(1, 10, 11))
    assert cut == (1, 10, 67, 68, 69)


def test_too_long_is_an_error_unless_truncation_was_asked_for() -> None:
    with pytest.raises(
        ModelError,
        match=r"item 'b' \('context of b'\): prompt and choice are 22 tokens, the model reads at most 8; "
        r"truncate=\"left\" \(--llmcal-truncate left\) leaves out the oldest",
    ):
        fitted(asked("a", "b"), [((1,), (2,)), (LONG, (2, 3))], limit=8, truncate=None, head=(1,))


def test_nothing_left_of_a_prompt_is_an_error_even_so() -> None:
    with pytest.raises(ModelError, match=r"prompt and choice are 28 tokens, the model reads at most 8$"):
        fitted(asked("a", "a"), [(LONG, (2,)), (LONG, (2,) * 8)], limit=8, truncate="left", head=(1,))


TOKENS = st.lists(st.integers(5, 9), min_size=1, max_size=12).map(tuple)


@given(items=st.lists(st.tuples(TOKENS, st.lists(TOKENS.map(lambda each: each[:4]), min_size=1)), max_size=5))
def test_whatever_is_cut_fits_keeps_its_end_and_is_the_same_for_all_choices(
    items: list[tuple[Tokens, list[Tokens]]],
) -> None:
    requests = [Request(str(number), "c", "x") for number, (_, choices) in enumerate(items) for _ in choices]
    pairs = [((1, *context), choice) for context, choices in items for choice in choices]
    found = fitted(requests, pairs, limit=9, truncate="left", head=(1,))
    assert [choice for _, choice in found] == [choice for _, choice in pairs]
    for (cut, choice), (context, _) in zip(found, pairs, strict=True):
        assert len(cut) + len(choice) - 1 <= 9
        assert cut[0] == 1
        assert context[len(context) - len(cut) + 1 :] == cut[1:]
    seen = {(request.item, cut) for request, (cut, _) in zip(requests, found, strict=True)}
    assert len(seen) == len(items)
