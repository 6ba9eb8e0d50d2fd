"""Texts that are encoded in parts have the tokens that they have as a whole."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import Request
from pytest_llmcal.scoring.cuts import Cuts, cuts_of
from pytest_llmcal.scoring.tokens import Encoder
from tests.scoring.adversarial import EXAMPLES, PIECES, SPECIAL, pairs
from tests.scoring.many_tokenizers import MANY, UNFIT


def requests_of(texts: list[tuple[str, str]]) -> list[Request]:
    return [Request(f"item {number // 4}", *pair) for number, pair in enumerate(texts)]


def encodable(encoder: Encoder, texts: list[tuple[str, str]]) -> list[Request]:
    """Leave out continuations without a token of their own, which are errors."""
    parts = [(context.rstrip(), context[len(context.rstrip()) :] + after) for context, after in texts]
    found = encoder._whole([(before, [after]) for before, after in parts])
    begun = [(before or encoder.begin or encoder._first("")) for before, _ in found]
    return [
        request
        for request, start, (before, [after]) in zip(requests_of(texts), begun, found, strict=True)
        if (after[len(start) :] if not before and after[: len(start)] == start else after)
    ]


@pytest.mark.parametrize("name", MANY)
def test_tokens_of_parts_are_those_of_the_whole(name: str) -> None:
    tokenizer = MANY[name]()
    cutting, simple = Encoder(tokenizer), Encoder(tokenizer, cut=False)
    assert cutting.cuts
    assert not simple.cuts
    requests = encodable(simple, pairs(400))
    assert len(requests) > 300
    assert cutting.pairs(requests) == simple.pairs(requests)
    assert cutting.cuts  # nothing was found to disagree


TEXT = st.lists(st.sampled_from(PIECES + SPECIAL + EXAMPLES) | st.text(max_size=4), max_size=10).map(" ".join)
TOKENIZERS: dict[str, Any] = {}


@settings(max_examples=80, deadline=None)
@given(name=st.sampled_from(list(MANY)), context=TEXT, continuations=st.lists(TEXT.map(" a".__add__), min_size=1))
def test_whatever_the_texts(name: str, context: str, continuations: list[str]) -> None:
    tokenizer = TOKENIZERS.setdefault(name, MANY[name]())
    requests = encodable(Encoder(tokenizer, cut=False), [(context, each) for each in continuations])
    cutting = Encoder(tokenizer)
    assert cutting.pairs(requests) == Encoder(tokenizer, cut=False).pairs(requests)
    assert cutting.cuts


@pytest.mark.parametrize("name", UNFIT)
def test_a_tokenizer_that_may_reach_across_is_not_cut(name: str) -> None:
    assert cuts_of(UNFIT[name]()) is None


def test_a_tokenizer_in_python_is_not_cut() -> None:
    class Slow:
        is_fast = False

    assert cuts_of(Slow()) is None


def test_a_tokenizer_whose_class_does_more_is_not_cut() -> None:
    class Own(type(MANY["GPT-2"]())):  # type: ignore[misc]
        def _encode_plus(self, *args: Any, **options: Any) -> Any:
            return super()._encode_plus(*args, **options)

    tokenizer = MANY["GPT-2"]()
    assert cuts_of(tokenizer) is not None
    tokenizer.__class__ = Own
    assert cuts_of(tokenizer) is None


def test_a_cut_is_in_front_of_the_last_space_between_plain_letters() -> None:
    cuts = Cuts(frozenset("abcde"), 0)
    assert cuts.last("a b c 1") == 3
    assert [cuts.last(text) for text in ("", "a", " a", "a ", "a  b", "a\u00a0b", "1 a", "a 1", "é a", "x y")] == [
        0
    ] * 10


def counted(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep a list of the texts that reach the tokenizer in parts."""
    assert encoder._cutting is not None
    seen: list[str] = []
    encode = encoder._cutting._encode_batch

    def spy(texts: list[str], **options: Any) -> Any:
        seen.extend(texts)
        return encode(texts, **options)

    monkeypatch.setattr(encoder._cutting, "_encode_batch", spy)
    return seen


def test_a_context_is_encoded_once_and_what_many_begin_with_too(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Encoder(MANY["GPT-2"]())
    seen = counted(encoder, monkeypatch)
    contexts = [f"{EXAMPLES[0]}Question: Who keeps item {number}?\nAnswer: it is" for number in range(100)]
    requests = [Request(context, context, choice) for context in contexts for choice in (" A", " B", " the town")]
    encoder.pairs(requests)
    assert sum(EXAMPLES[0][:-30] in text for text in seen) == 1
    assert sum("item 42?" in text for text in seen) == 1
    assert sum(map(len, seen)) < 0.15 * sum(len(request.context) for request in requests)


@pytest.mark.parametrize("name", ["GPT-2", "BERT"])
def test_choices_of_an_item_share_one_context(name: str) -> None:
    for cut in (True, False):
        first, second = Encoder(MANY[name](), cut=cut).pairs(
            [Request("i", "the old town", each) for each in (" a", " b")]
        )
        assert first[0] is second[0]


def test_a_token_id_is_one_object_wherever_it_occurs() -> None:
    tokenizer = MANY["GPT-2"]()
    tokenizer.add_tokens([f"<{number}>" for number in range(300)])  # small numbers are shared by Python itself
    [(first, _), (second, _)] = Encoder(tokenizer).pairs([Request(each, f"{each}<280>", " a") for each in ("A", "B")])
    assert first[-1] > 256
    assert first[-1] is second[-1]


def test_a_tokenizer_that_breaks_its_word_is_encoded_whole_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = MANY["GPT-2"]()
    encoder, simple = Encoder(tokenizer), Encoder(tokenizer, cut=False)
    assert encoder._cutting is not None
    # a place that is not safe: between the digits of a number
    monkeypatch.setattr(encoder._cutting._cuts.__class__, "last", lambda _, text: len(text) // 2)
    requests = [Request(str(number), f"the river runs {number}{number}", " A") for number in range(111, 300)]
    with pytest.warns(UserWarning, match=r"encodes .* otherwise than as part of a longer text; from here on") as caught:
        assert encoder.pairs(requests) == simple.pairs(requests)
    assert len(caught) == 1
    assert not encoder.cuts
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert encoder.pairs(requests) == simple.pairs(requests)


def test_a_tokenizer_that_truncates_or_pads_by_itself_does_so_no_more() -> None:
    tokenizer = MANY["GPT-2"]()
    encoder = Encoder(tokenizer)
    requests = [Request("i", "the old town stands in the hills", each) for each in (" a", " bees of the town")]
    expected = encoder.pairs(requests)
    tokenizer.backend_tokenizer.enable_truncation(3)
    tokenizer.backend_tokenizer.enable_padding(length=50)
    assert encoder.pairs(requests) == expected


@pytest.mark.parametrize(("given", "during"), [(None, "false"), ("true", "true"), ("false", "false")])
def test_the_tokenizer_uses_one_thread_unless_the_user_wants_more(
    given: str | None, during: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With threads it takes every core, whoever else is at work there, and some versions warn at every fork."""
    if given is None:
        monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    else:
        monkeypatch.setenv("TOKENIZERS_PARALLELISM", given)
    encoder = Encoder(MANY["GPT-2"]())
    assert encoder._cutting is not None
    seen: list[str | None] = []
    encode = encoder._cutting._encode_batch

    def spy(*args: Any, **options: Any) -> Any:
        seen.append(os.environ.get("TOKENIZERS_PARALLELISM"))
        return encode(*args, **options)

    monkeypatch.setattr(encoder._cutting, "_encode_batch", spy)
    encoder.pairs([Request("i", "the old town", " a")])
    assert set(seen) == {during}
    assert os.environ.get("TOKENIZERS_PARALLELISM") == given
