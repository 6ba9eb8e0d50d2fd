"""What may be asked of generation, what is refused, and which prompts run together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import load_model, load_task
from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import GeneratingModel, Generation, GenerationOptions, Model, ModelError, generate
from pytest_llmcal.scoring.generation.prompts import KEPT, Row, longest_first, next_batch, prompts_of
from pytest_llmcal.tasks import Item, Text


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"max_tokens": 0}, "max_tokens is 0; allowed are whole numbers of at least 1"),
        ({"max_tokens": True}, "max_tokens is True"),
        ({"max_tokens": 2.0}, r"max_tokens is 2\.0"),
        ({"samples": 0}, "samples is 0; allowed are whole numbers of at least 1"),
        ({"seed": "x"}, "seed is 'x'; allowed are whole numbers"),
        ({"stop": [".", ""]}, "stop has ''; allowed are texts of at least one character"),
        ({"stop": [3]}, "stop has 3"),
        ({"stop": None}, r"stop is None; allowed are a text and sequences of texts, \(\) for none"),
        ({"temperature": -0.1}, r"temperature is -0\.1; allowed are 0 and finite numbers above"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": 10**400}, "temperature is 10"),
        ({"temperature": None}, "temperature is None"),
        ({"top_p": 0}, "top_p is 0; allowed are numbers above 0 and at most 1"),
        ({"top_p": 1.1}, r"top_p is 1\.1"),
        ({"samples": 2}, "2 samples at temperature 0 are all the same text; a temperature is needed"),
    ],
)
def test_options_that_are_not_allowed_are_named(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(ModelError, match=match):
        GenerationOptions(**({"max_tokens": 3} | wrong))


def test_options_can_be_keys_however_their_stop_strings_came() -> None:
    assert (
        len({GenerationOptions(3, stop="."), GenerationOptions(3, stop=["."]), GenerationOptions(3, stop=(".",))}) == 1
    )


def test_two_prompts_of_one_id_are_refused() -> None:
    with pytest.raises(ModelError, match="two prompts share the id 'a'"):
        prompts_of([("a", "x"), ("b", "y"), ("a", "z")])


@pytest.mark.parametrize("wrong", [("a", 3), "ab", ("a", "b", "c"), None])
def test_what_is_no_prompt_is_refused(wrong: Any) -> None:
    with pytest.raises(ModelError, match=r"a prompt is .*; allowed are items and pairs"):
        prompts_of([wrong])


def test_half_of_a_character_is_refused() -> None:
    with pytest.raises(ModelError, match=r"prompt 'b': '\\ud800' at place 1 is half of a surrogate pair; allowed are"):
        prompts_of([("a", "\U0001f642"), ("b", "x\ud800")])


def test_running_text_is_no_prompt() -> None:
    with pytest.raises(ModelError, match="text 'story' is running text, no prompt"):
        prompts_of([Text("story", "Once upon a time")])


def test_items_are_continued_after_their_prompts() -> None:
    model = load_model("world/gpt2", device="cpu")
    assert isinstance(model, GeneratingModel)
    items = load_task("world/qa", limit=3)
    options = GenerationOptions(max_tokens=4)
    expected = model.generate([(item.id, item.prompt) for item in items.test if isinstance(item, Item)], options)
    assert generate(model, items, options, progress=False) == expected
    assert model.generate(items.test, options) == expected
    seen: list[tuple[int, int]] = []
    assert generate(model, items.test, options, progress=lambda *told: seen.append(told)) == expected
    assert seen[-1] == (3, 3)


class Foreign:
    """A model of a hook that weighs choices and does not generate."""

    facts = ModelFacts("foreign", None, None, None, None)

    def log_likelihoods(self, *_: Any) -> list[Any]:
        return []

    def next_tokens(self, *_: Any) -> list[Any]:
        return []

    def close(self) -> None: ...


def test_a_model_that_does_not_generate_is_a_model_and_says_so() -> None:
    assert isinstance(Foreign(), Model)
    with pytest.raises(ModelError, match=r"model 'foreign' does not generate: it has no method generate\("):
        generate(Foreign(), [("a", "b")], GenerationOptions(max_tokens=1))


class Echo(Foreign):
    """One that does, in a way of its own."""

    def generate(self, prompts: Any, *_: Any) -> list[list[Generation]]:
        return [[Generation(text, (1,), (0.0,), "length")] for _, text in prompts_of(prompts)]


def test_a_model_of_a_hook_may_generate() -> None:
    [[answer]] = generate(Echo(), [("a", "b")], GenerationOptions(max_tokens=1))
    assert answer.text == "b"


@given(
    lengths=st.lists(st.integers(1, 30), max_size=20),
    samples=st.integers(1, 5),
    max_tokens=st.integers(1, 20),
    budget=st.integers(1, 1_600),
    pads=st.booleans(),
)
def test_every_text_is_planned_once_and_within_the_budget(
    lengths: list[int], samples: int, max_tokens: int, budget: int, pads: bool
) -> None:
    rows = longest_first(lengths, samples)
    assert Counter(rows) == Counter(Row(prompt, sample) for prompt in range(len(lengths)) for sample in range(samples))
    start = 0
    while start < len(rows):
        batch, tokens = next_batch(rows, start, lengths, max_tokens, budget, pads=pads)
        assert batch == rows[start : start + len(batch)]
        prompts = {row.prompt for row in batch}
        width = max(lengths[prompt] for prompt in prompts)
        read = KEPT * len(prompts) * width if len(prompts) > 1 else 0
        assert tokens == max(read, len(batch) * (width + max_tokens))
        assert len(batch) == 1 or tokens <= budget
        assert pads or len({lengths[prompt] for prompt in prompts}) == 1
        start += len(batch)


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1),
    samples=st.integers(1, 5),
    max_tokens=st.integers(1, 20),
    budget=st.integers(1, 10_000),
)
def test_half_of_what_a_batch_takes_is_a_smaller_batch(
    lengths: list[int], samples: int, max_tokens: int, budget: int
) -> None:
    rows = longest_first(lengths, samples)
    batch, tokens = next_batch(rows, 0, lengths, max_tokens, budget, pads=True)
    smaller, _ = next_batch(rows, 0, lengths, max_tokens, tokens // 2, pads=True)
    assert len(smaller) < len(batch) or len(batch) == 1


def test_a_prompt_longer_than_what_is_read_at_once_is_read_once_for_its_samples() -> None:
    rows = longest_first([20], samples=3)
    assert next_batch(rows, 0, [20], 1, KEPT * 10, pads=True) == (rows, 63)
