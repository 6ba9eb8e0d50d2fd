"""The benchmark's count of the multiply-adds that no scorer can avoid, against hand-drawn cases."""

from __future__ import annotations

import pytest
from transformers import GPT2Config, LlamaConfig

from benchmarks._scoring_floor import Shape, Work, flops, shape_of, work_of


def test_a_context_counts_once_and_the_last_token_of_a_choice_not_at_all():
    # 1 - 2 - 3 - 5    the context is 1 2 3; choices are 4, 5 6 and 5 7: the 5 is common to two of them
    work = work_of([((1, 2, 3), (4,)), ((1, 2, 3), (5, 6)), ((1, 2, 3), (5, 7))])
    assert work == Work(nodes=4, scored=2, looks=1 + 2 + 3 + 4, scored_looks=3 + 4)


def test_what_contexts_begin_with_counts_once():
    work = work_of([((1, 2, 3), (9,)), ((1, 2, 4), (9,))])
    assert work == Work(nodes=4, scored=2, looks=1 + 2 + 3 + 3, scored_looks=3 + 3)


def test_a_token_after_other_tokens_is_another_node():
    assert work_of([((1, 2), (9,)), ((2, 1), (9,))]).nodes == 4


def test_a_tiny_model_by_hand():
    shape = Shape(layers=2, width=4, queries=4, keys=2, inner=8, matrices=3, vocabulary=10)
    work = Work(nodes=3, scored=1, looks=1 + 2 + 3, scored_looks=3)
    every_node = 4 * 4 + 4 * 4 + 2 * (4 * 2) + 3 * (4 * 8)  # query, output, key and value, gated inner layer
    first = 3 * every_node + 2 * 4 * 6
    last = 3 * 2 * (4 * 2) + 1 * (4 * 4 + 4 * 4 + 3 * (4 * 8)) + 2 * 4 * 3
    head = 4 * 10
    assert flops(shape, work) == 2 * (first + last + head)


def test_shapes_are_read_off_both_kinds_of_configuration():
    gpt2 = GPT2Config(n_embd=12, n_head=3, n_layer=5, vocab_size=100)
    assert shape_of(gpt2) == Shape(5, 12, 12, 12, 48, 2, 100)
    llama = LlamaConfig(
        hidden_size=12,
        num_attention_heads=6,
        num_key_value_heads=2,
        intermediate_size=20,
        num_hidden_layers=4,
        vocab_size=50,
    )
    assert shape_of(llama) == Shape(4, 12, 12, 4, 20, 3, 50)


@pytest.mark.parametrize(
    "config", [GPT2Config(n_embd=12, n_head=3), LlamaConfig(hidden_size=16, num_attention_heads=4)]
)
def test_the_products_of_a_layer_hold_all_its_weights(config):
    shape = shape_of(config)
    weights = 2 * shape.width * (shape.queries + shape.keys) + shape.matrices * shape.width * shape.inner
    assert sum(a * b for a, b in shape.products) == weights
