"""A model can be lent to be trained, with its items in the very tokens that are weighed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from pytest_llmcal.scoring import ModelError, Request, load_model
from pytest_llmcal.tasks import Item

ITEMS = [
    Item("one", "Who keeps the bees?", (" the miller", " B", " the baker's daughter"), 0),
    Item("two", "Prices: ", ("12.50", "3"), 1),
]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_items_are_encoded_as_they_are_weighed(family: str, model_folder: Callable[[str], Path]) -> None:
    import torch

    model = load_model(model_folder(family), device="cpu", dtype="float64")
    encoded = model.encoded(ITEMS)
    assert [len(pairs) for pairs in encoded] == [3, 2]
    answers = model.log_likelihoods(
        [Request(item.id, item.prompt, choice) for item in ITEMS for choice in item.choices]
    )
    with model.lent() as (network, _), torch.no_grad():
        for (context, continuation), answer in zip(chain(*encoded), answers, strict=True):
            logs = network(torch.tensor([context + continuation])).logits[0].log_softmax(-1)[len(context) - 1 : -1]
            total = logs.gather(1, torch.tensor(continuation)[:, None]).sum().item()
            assert total == pytest.approx(answer.total, abs=1e-9)


def test_a_prompt_that_is_too_long_is_refused_or_truncated(model_folder: Callable[[str], Path]) -> None:
    long = Item("long", "who " * 100, (" one", " two"), 0)
    with pytest.raises(ModelError, match="item 'long'"):
        load_model(model_folder("gpt2"), device="cpu").encoded([long])
    [pairs] = load_model(model_folder("gpt2"), device="cpu", truncate="left").encoded([long])
    assert max(len(context) + len(continuation) - 1 for context, continuation in pairs) == 64
    assert len({context for context, _ in pairs}) == 1


def test_a_model_is_closed_after_it_was_lent_whatever_happened(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    with pytest.raises(RuntimeError, match="broken off"), model.lent():
        raise RuntimeError("broken off")
    with pytest.raises(ModelError, match="was closed; load it again"):
        model.log_likelihoods([Request("1", "a", "b")])
    with pytest.raises(ModelError, match="was closed; load it again"), model.lent():
        pass
