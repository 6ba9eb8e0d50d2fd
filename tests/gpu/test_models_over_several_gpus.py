"""A model that is spread over all devices says what it says on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmcal import load_model
from tests.gpu.asking import FAMILIES, largest_difference, random_model, shared_prefix

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sharded_model_answers_as_on_the_cpu(family: str, cuda: str, tmp_path: Path) -> None:
    pytest.importorskip("accelerate")
    folder = random_model(family, tmp_path)
    sharded = load_model(folder, device="sharded", dtype="float32")
    assert cuda in sharded.facts.device
    asked = shared_prefix()
    there = load_model(folder, device="cpu", dtype="float32")
    assert largest_difference(sharded.log_likelihoods(asked), there.log_likelihoods(asked)) < 1e-4


def test_a_model_whose_halves_lie_on_two_devices_answers_as_on_the_cpu(cuda: str, tmp_path: Path) -> None:
    import torch

    from pytest_llmcal.scoring.huggingface import HuggingFaceModel

    accelerate = pytest.importorskip("accelerate")
    if torch.cuda.device_count() < 2:
        pytest.skip("there is one CUDA device here, and this needs two")
    folder = random_model("llama", tmp_path)
    plain = load_model(folder, device="cpu", dtype="float32")
    lent = load_model(folder, device="cpu", dtype="float32")
    with lent.lent() as (network, tokenizer):
        halves = {"model.embed_tokens": 0, "model.layers.0": 0, "model.rotary_emb": 0}
        halves |= {"model.layers.1": 1, "model.norm": 1, "lm_head": 1}
        accelerate.dispatch_model(network, halves)
        split = HuggingFaceModel(network, tokenizer, plain.facts, limit=64, batch_tokens=512)
        asked = shared_prefix()
        assert largest_difference(split.log_likelihoods(asked), plain.log_likelihoods(asked)) < 1e-4
        assert cuda == "cuda:0"
        split.close()
