"""A model says the same on a GPU as on the CPU, within what its number format allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal import load_model, load_task
from pytest_llmcal.scoring import dtype_flips, score
from tests.gpu.asking import EMBEDDED, FAMILIES, flipped, largest_difference, random_model, requests, shared_prefix

pytestmark = pytest.mark.gpu

TEXTS = [("1", "The river rises in the hills and runs down to the sea."), ("2", "Prices: 12.50, 1,000 and 3/4.")]


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_embedded_models_in_float32(name: str, cuda: str) -> None:
    asked = requests()
    here = load_model(name, device=cuda, dtype="float32")
    there = load_model(name, device="cpu", dtype="float32")
    assert (here.facts.device, here.facts.dtype) == ("cuda:0", "float32")
    assert largest_difference(here.log_likelihoods(asked), there.log_likelihoods(asked)) < 1e-4


@pytest.mark.parametrize("family", FAMILIES)
def test_random_models_of_several_families_in_float32(family: str, cuda: str, tmp_path: Path) -> None:
    folder = random_model(family, tmp_path)
    here, there = (load_model(folder, device=device, dtype="float32") for device in (cuda, "cpu"))
    asked = shared_prefix()
    assert largest_difference(here.log_likelihoods(asked), there.log_likelihoods(asked)) < 1e-4
    pairs = zip(here.next_tokens(TEXTS), there.next_tokens(TEXTS), strict=True)
    for ours, theirs in pairs:
        assert [guess.confidence for guess in ours] == pytest.approx([guess.confidence for guess in theirs], abs=1e-4)


@pytest.mark.parametrize("name", EMBEDDED)
def test_bfloat16_which_is_the_default_stays_close_to_float32(name: str, cuda: str) -> None:
    import torch

    if torch.cuda.get_device_capability(0) < (8, 0):
        pytest.skip("this device only emulates bfloat16")
    model = load_model(name)
    assert (model.facts.device, model.facts.dtype) == (cuda, "bfloat16")
    items = load_task("world/qa", limit=500).test
    narrow = score(model, items, progress=False)
    wide = score(load_model(name, device="cpu", dtype="float32"), items, progress=False)
    assert flipped(narrow, wide) < 0.05
    assert abs(narrow.ece() - wide.ece()) < 0.02
    assert abs(narrow.accuracy() - wide.accuracy()) < 0.02
    found = dtype_flips(model, items)
    assert found.flips <= 4
    assert 0 < found.largest < 0.5
