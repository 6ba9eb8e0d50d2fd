"""Where a context ends and its continuation begins, in tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import ModelError, Request
from pytest_llmcal.scoring.tokens import Encoder

Make = Callable[[str], Any]


def as_lm_eval(tokenizer: Any, context: str, continuation: str) -> tuple[list[int], list[int]]:
    """``_encode_pair`` of lm_eval 0.4, without special tokens."""
    n_spaces = len(context) - len(context.rstrip())
    if n_spaces > 0:
        continuation = context[-n_spaces:] + continuation
        context = context[:-n_spaces]
    whole = tokenizer(context + continuation, add_special_tokens=False).input_ids
    alone = tokenizer(context, add_special_tokens=False).input_ids
    return alone, whole[len(alone) :]


PIECES = st.sampled_from(
    ["river", " river", " ", "  ", "\n", "\n\n", "\t", "Answer:", "A", ".", "é", "🙂", "東京", "1", "\u00a0"]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)


@pytest.mark.parametrize("name", ["byte_level", "sentence_piece"])
def test_the_boundary_is_lm_evals(name: str, make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer(name)
    encoder = Encoder(tokenizer)
    begin = (tokenizer.bos_token_id,) if tokenizer.bos_token_id is not None else ()

    @settings(max_examples=300, deadline=None)
    @given(context=TEXTS, continuation=TEXTS)
    def holds(context: str, continuation: str) -> None:
        before, targets = as_lm_eval(tokenizer, context, continuation)
        request = Request("i", context, continuation)
        if not targets:
            with pytest.raises(ModelError, match=r"item 'i': the continuation .* has no token of its own"):
                encoder.pairs([request])
            return
        expected = (*begin, *before) or (tokenizer.eos_token_id,)
        assert encoder.pairs([request]) == [(expected, tuple(targets))]

    holds()


def test_white_space_at_the_end_of_a_context_belongs_to_the_choice(make_tokenizer: Make) -> None:
    encoder = Encoder(make_tokenizer("byte_level"))
    assert encoder.pairs([Request("i", "The river ", "rises")]) == encoder.pairs([Request("i", "The river", " rises")])


def test_a_begin_token_is_never_doubled(make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer("sentence_piece")
    encoder = Encoder(tokenizer)
    assert encoder.begin == (tokenizer.bos_token_id,)
    [(context, _)] = encoder.pairs([Request("i", "<s>The river", " rises")])
    assert context.count(tokenizer.bos_token_id) == 1
    assert context[0] == tokenizer.bos_token_id


def test_a_tokenizer_without_default_begin_gets_none(make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer("byte_level")
    encoder = Encoder(tokenizer)
    assert encoder.begin == ()
    [(context, _)] = encoder.pairs([Request("i", "The river", " rises")])
    assert context == tuple(tokenizer("The river").input_ids)


def test_an_empty_context_is_the_begin_or_else_the_end_token(make_tokenizer: Make) -> None:
    for name, special in (("byte_level", "<|endoftext|>"), ("sentence_piece", "<s>")):
        tokenizer = make_tokenizer(name)
        for context in ("", " ", "\n"):
            [(found, _)] = Encoder(tokenizer).pairs([Request("i", context, " river")])
            assert found == (tokenizer.convert_tokens_to_ids(special),)


def test_an_empty_context_without_any_such_token_is_an_error(make_tokenizer: Make) -> None:
    tokenizer = make_tokenizer("byte_level")
    tokenizer.eos_token = None
    with pytest.raises(ModelError, match="item 'i': the context is empty, and the tokenizer has neither"):
        Encoder(tokenizer).pairs([Request("i", "", " river")])


def test_a_token_that_stands_at_the_end_by_default_is_left_out(make_tokenizer: Make) -> None:
    from tokenizers import processors

    tokenizer = make_tokenizer("sentence_piece")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> <s> $B </s>", [("<s>", 1), ("</s>", 2)]
    )
    assert tokenizer("The river").input_ids[-1] == 2
    [(context, choice)] = Encoder(tokenizer).pairs([Request("i", "The river", " rises")])
    assert context[0] == 1
    assert 2 not in (*context, *choice)


def test_an_empty_choice_is_an_error_that_names_the_item(make_tokenizer: Make) -> None:
    with pytest.raises(ModelError, match="item 'q7': the continuation '' has no token of its own after its context"):
        Encoder(make_tokenizer("byte_level")).pairs([Request("fine", "a", "b"), Request("q7", "a", "")])
