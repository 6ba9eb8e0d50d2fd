"""Where a server's tokens stand in a text: found however they are written, or not claimed to be found."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring.servers.places import places

TEXTS = st.text(st.sampled_from("ab .é語😀"), min_size=1, max_size=12)


@given(TEXTS, st.data())
def test_tokens_cut_anywhere_between_characters_are_found_where_they_were_cut(text: str, data: st.DataObject) -> None:
    inner = data.draw(st.sets(st.integers(1, max(1, len(text) - 1))))
    cuts = [0, *sorted(inner - {len(text)}), len(text)]
    assert places(text, [text[start:end] for start, end in pairwise(cuts)]) == cuts[:-1]


@given(TEXTS, st.sampled_from(["ignore", "replace"]), st.data())
def test_tokens_cut_within_characters_are_found_or_said_to_be_unknown(
    text: str, errors: str, data: st.DataObject
) -> None:
    """As byte-level tokenizers cut them, and servers decode each alone."""
    raw = text.encode()
    cuts = [0, *sorted(data.draw(st.sets(st.integers(1, max(1, len(raw) - 1)))) - {len(raw)}), len(raw)]
    pieces = [raw[start:end] for start, end in pairwise(cuts)]
    found = places(text, [piece.decode(errors=errors) for piece in pieces])
    if found is not None:
        for start, place in zip(cuts, found, strict=False):
            assert place is None or place == len(raw[:start].decode(errors="ignore"))


@given(TEXTS, TEXTS)
def test_tokens_of_another_text_are_never_taken_for_those_of_this_one(text: str, other: str) -> None:
    found = places(text, list(other))
    assert (found is not None) == (other in (text, " " + text)) or other.replace(" ", "") == text.replace(" ", "")


def test_a_space_that_a_tokenizer_adds_and_one_that_a_server_leaves_out_are_allowed_for() -> None:
    assert places("Once upon a", [" Once", " upon", " a"]) == [0, 4, 9]
    assert places("Once upon a", ["Once", "upon", "a"]) == [0, 4, 9]
    assert places("Once upon a", ["\u2581", "Once", "\u2581upon", "\u2581a"]) == [0, 0, 4, 9]


def test_what_stands_behind_a_cut_character_is_found_again() -> None:
    assert places("é 😀 b", [" ", "é", " ", "", "", "", "", " b"]) == [0, 0, 1, None, None, None, None, None]
    assert places("😀", ["\ufffd", "\ufffd"]) == [None, None]
    assert places("a 😀.", ["a", " \ufffd", "\ufffd", "."]) == [0, None, None, None]
    assert places("a 😀.", ["a", " ", "", "😀", "."]) == [0, 1, None, None, 3]
    assert places("a", ["a", ""]) is None
