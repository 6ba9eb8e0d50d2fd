"""An answer is kept under everything that it depends on, and no two things have one key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.scoring.cache import Identity, identity
from pytest_llmcal.scoring.cache.identity import Keys, framed

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs too
ONE = Identity("3f9c", "main", "float32", "cpu", {"options": {"truncate": "left"}})


@given(st.lists(st.binary()), st.lists(st.binary()))
def test_framed_parts_are_the_same_only_if_each_part_is(left: list[bytes], right: list[bytes]) -> None:
    assert (framed(*left) == framed(*right)) == (left == right)


@given(st.lists(st.binary(max_size=4)), st.data())
def test_moving_a_boundary_changes_what_is_framed(parts: list[bytes], data: st.DataObject) -> None:
    joined = b"".join(parts)
    cut = data.draw(st.integers(0, len(joined)))
    assert (framed(joined[:cut], joined[cut:]) == framed(*parts)) == ([joined[:cut], joined[cut:]] == parts)


@given(st.tuples(ANY_TEXT, ANY_TEXT), st.tuples(ANY_TEXT, ANY_TEXT))
def test_two_requests_have_one_key_only_if_they_are_the_same(left: tuple[str, str], right: tuple[str, str]) -> None:
    keys = Keys(ONE.digest, "log-likelihood")
    assert (keys.of(*left) == keys.of(*right)) == (left == right)


def test_the_boundary_between_context_and_continuation_counts() -> None:
    keys = Keys(ONE.digest, "log-likelihood")
    assert len({keys.of("ab", "c"), keys.of("a", "bc"), keys.of("abc", ""), keys.of("", "abc"), keys.of("abc")}) == 5


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, fingerprint="4f9c"),
        replace(ONE, revision="v1"),
        replace(ONE, dtype="bfloat16"),
        replace(ONE, device="cuda"),
        replace(ONE, settings={"options": {"truncate": None}}),
        replace(ONE, settings={"options": {}}),
        replace(ONE, settings={"options": {"truncate": "left", "chat": True}}),
        replace(ONE, fingerprint="3f9", revision="cmain"),
    ],
)
def test_a_model_that_differs_in_anything_has_another_digest(other: Identity) -> None:
    assert other.digest != ONE.digest
    assert Keys(other.digest, "log-likelihood").of("a", "b") != Keys(ONE.digest, "log-likelihood").of("a", "b")


def test_the_order_of_settings_does_not_count() -> None:
    assert replace(ONE, settings={"a": 1, "b": 2}).digest == replace(ONE, settings={"b": 2, "a": 1}).digest


def test_another_kind_of_question_has_another_key() -> None:
    assert Keys(ONE.digest, "log-likelihood").of("a") != Keys(ONE.digest, "next tokens").of("a")


def test_another_version_of_the_engine_has_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ONE.digest
    monkeypatch.setattr(identity, "ENGINE", identity.ENGINE + 1)
    assert ONE.digest != before
