"""A model may lie on several devices; what is asked of it is put where it begins to compute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.scoring import ModelError, Request, load_model
from pytest_llmcal.scoring.devices import GIB, cuda_memory_gib, input_device
from pytest_llmcal.scoring.huggingface import HuggingFaceModel
from pytest_llmcal.scoring.loading import _places

Folder = Callable[[str], Path]

REQUESTS = [Request("1", "Who keeps the bees", " of Oakrise"), Request("2", "Prices:", " 12.50")]
TEXTS = [("1", "The river rises in the hills.")]


@pytest.fixture(autouse=True)
def no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)


def test_a_sharded_model_answers_as_one_that_is_not(model_folder: Folder) -> None:
    pytest.importorskip("accelerate")
    plain, sharded = (load_model(model_folder("llama"), device=device) for device in ("cpu", "sharded"))
    assert sharded.facts == plain.facts
    assert sharded.log_likelihoods(REQUESTS) == plain.log_likelihoods(REQUESTS)
    assert sharded.next_tokens(TEXTS) == plain.next_tokens(TEXTS)


@pytest.mark.parametrize("family", ["gpt2", "llama", "neox"])
def test_a_model_whose_weights_wait_elsewhere_answers_the_same(family: str, model_folder: Folder) -> None:
    accelerate = pytest.importorskip("accelerate")
    plain = load_model(model_folder(family), device="cpu")
    lent = load_model(model_folder(family), device="cpu")
    with lent.lent() as (network, tokenizer):
        accelerate.cpu_offload(network, execution_device="cpu")
        assert network.device.type == "meta"
        assert input_device(network).type == "cpu"
        offloaded = HuggingFaceModel(network, tokenizer, plain.facts, limit=64, batch_tokens=64)
        found, expected = (model.log_likelihoods(REQUESTS) for model in (offloaded, plain))
        assert [answer.total for answer in found] == pytest.approx([answer.total for answer in expected], abs=1e-5)
        guessed, right = (
            [token.confidence for text in model.next_tokens(TEXTS) for token in text] for model in (offloaded, plain)
        )
        assert guessed == pytest.approx(right, abs=1e-5)
        offloaded.close()


def test_a_model_in_one_place_reads_there(model_folder: Folder) -> None:
    with load_model(model_folder("gpt2"), device="cpu").lent() as (network, _):
        assert input_device(network).type == "cpu"


def test_without_accelerate_the_error_says_how_to_install_it(
    model_folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_llmcal.scoring.loading.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"needs the package accelerate: pip install 'pytest-llmcal\[large\]'"):
        load_model(model_folder("gpt2"), device="sharded")


def test_the_devices_of_a_sharded_model_are_named_each_once() -> None:
    class Sharded:
        hf_device_map = {"embed": 0, "layers.0": 0, "layers.1": 1, "layers.2": "cpu", "head": "disk"}  # noqa: RUF012

    assert _places(Sharded()) == "cuda:0, cuda:1, cpu, disk"


def test_the_memory_of_all_devices_together_holds_a_sharded_model(monkeypatch: pytest.MonkeyPatch) -> None:
    class Properties:
        def __init__(self, index: int) -> None:
            self.total_memory = (16 + 8 * index) * GIB

    properties: Any = Properties
    assert cuda_memory_gib("sharded") is None
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.cuda.get_device_properties", properties)
    assert [cuda_memory_gib(name) for name in ("auto", "cuda", "cuda:1", "cuda:2", "cpu", "sharded")] == [
        16.0,
        16.0,
        24.0,
        None,
        None,
        40.0,
    ]
