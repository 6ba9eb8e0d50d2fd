"""What can be wrong with a model is said in one sentence, with what is allowed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmcal.scoring import Model, ModelError, load_model
from pytest_llmcal.scoring.folders import fingerprint

Folder = Callable[[str], Path]


def copy(folder: Path, target: Path, *without: str) -> Path:
    return shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*without))


def refused(match: str, name: object, **options: Any) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        load_model(name, **{"device": "cpu"} | options)
    assert "\n" not in str(caught.value)


def test_a_loaded_model_states_its_facts(model_folder: Folder) -> None:
    folder = model_folder("gpt2")
    model = load_model(folder, device="cpu")
    assert isinstance(model, Model)
    facts = model.facts
    assert (facts.name, facts.dtype, facts.device) == (str(folder), "float32", "cpu")
    assert facts.parameters == 400 * 32 + 64 * 32 + 2 * (12 * 32 * 32 + 13 * 32) + 2 * 32
    assert len(facts.revision) == 16
    int(facts.revision, 16)


def test_auto_is_float32_on_a_cpu(model_folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    facts = load_model(model_folder("gpt2")).facts
    assert (facts.device, facts.dtype) == ("cpu", "float32")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
def test_a_precision_may_be_asked_for(dtype: str, model_folder: Folder) -> None:
    model = load_model(model_folder("gpt2"), device="cpu", dtype=dtype)
    assert model.facts.dtype == dtype
    [guesses] = model.next_tokens([("i", "The river rises")])
    assert all(0 < guess.confidence <= 1 for guess in guesses)


def test_the_revision_of_a_folder_is_that_of_its_contents(model_folder: Folder, tmp_path: Path) -> None:
    folder = model_folder("gpt2")
    same = load_model(copy(folder, tmp_path / "same"), device="cpu").facts.revision
    assert same == load_model(folder, device="cpu").facts.revision
    other = copy(folder, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"layer_norm_epsilon": 1e-3}))
    assert load_model(other, device="cpu").facts.revision != same


@pytest.mark.parametrize(
    "file",
    [
        "added_tokens.json",
        "special_tokens_map.json",
        "generation_config.json",
        "x.tiktoken",
        "modeling_x.py",
        "pytorch_model.bin",
        "chat_template.jinja",
        "vocab.bpe",
    ],
)
def test_every_file_that_loading_may_read_is_part_of_the_revision(
    file: str, model_folder: Folder, tmp_path: Path
) -> None:
    folder = copy(model_folder("gpt2"), tmp_path / "copy")
    before = fingerprint(folder)
    (folder / "README.md").write_text("what it was trained on")
    assert fingerprint(folder) == before
    (folder / file).write_text('{"new": 1}')
    assert fingerprint(folder) != before


def test_the_embedded_models_are_loaded_by_name() -> None:
    model = load_model("world/gpt2", device="cpu")
    assert model.facts.name == "world/gpt2"
    refused("the world has no model 'world/gpt3'; its models are world/gpt2, world/gpt2-overfit", "world/gpt3")


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "~/nothing/at/all", "a/b/c"])
def test_a_missing_folder(name: str) -> None:
    refused("there is no such folder", name)


def test_a_file_instead_of_a_folder(model_folder: Folder) -> None:
    refused("this is a file; a folder with config.json and weights is needed", model_folder("gpt2") / "config.json")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    refused("has no config.json, so it holds no model", tmp_path)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_folder_without_a_tokenizer(family: str, model_folder: Folder, tmp_path: Path) -> None:
    refused(r"has no tokenizer \(tokenizer\*, ", copy(model_folder(family), tmp_path / "bare", "tokenizer*"))


def test_a_folder_without_weights(model_folder: Folder, tmp_path: Path) -> None:
    folder = copy(model_folder("gpt2"), tmp_path / "bare", "*.safetensors")
    refused(r"bare has no weights as \*\.safetensors; weights as pickle", folder)
    refused(r"bare has no weights, neither \*\.safetensors nor pytorch_model", folder, allow_pickle=True)


def test_a_damaged_weight_file(model_folder: Folder, tmp_path: Path) -> None:
    folder = copy(model_folder("gpt2"), tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"damaged")
    refused("its model cannot be loaded: ", folder)


def test_weights_that_are_not_all_there(model_folder: Folder, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = copy(model_folder("gpt2"), tmp_path / "partial")
    weights = load_file(folder / "model.safetensors")
    del weights["transformer.h.1.mlp.c_fc.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    refused(r"its files lack 1 weights, 'transformer\.h\.1\.mlp\.c_fc\.weight' among them", folder)


def test_pickled_weights_are_read_only_when_allowed(model_folder: Folder, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = copy(model_folder("gpt2"), tmp_path / "pickled", "*.safetensors")
    torch.save(load_file(model_folder("gpt2") / "model.safetensors"), folder / "pytorch_model.bin")
    refused(r"as \*\.safetensors, only pytorch_model\.bin; weights as pickle can run code .* allow_pickle=True", folder)
    model = load_model(folder, device="cpu", allow_pickle=True)
    texts = [("i", "The river rises")]
    assert model.next_tokens(texts) == load_model(model_folder("gpt2"), device="cpu").next_tokens(texts)


def test_code_that_comes_with_a_model_does_not_run_unasked(model_folder: Folder, tmp_path: Path) -> None:
    folder = copy(model_folder("gpt2"), tmp_path / "remote")
    witness = tmp_path / "ran"
    code = f"open({str(witness)!r}, 'w').close()\n"
    (folder / "code.py").write_text(code)
    (folder / "config.json").write_text(
        json.dumps({"model_type": "unheard", "auto_map": {"AutoConfig": "code.C", "AutoModelForCausalLM": "code.M"}})
    )
    refused("needs code that comes with it; pass trust_remote_code=True if you trust that code", folder)
    assert not witness.exists()


def test_an_architecture_that_is_not_known(model_folder: Folder, tmp_path: Path) -> None:
    folder = copy(model_folder("gpt2"), tmp_path / "unheard")
    (folder / "config.json").write_text(json.dumps({"model_type": "unheard"}))
    refused("model type `unheard` but Transformers does not recognize", folder)


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "CPU", "", "tpu"])
def test_an_unknown_device(device: str, model_folder: Folder) -> None:
    refused(
        rf"unknown device '{device}'; allowed are auto, cpu, cuda, cuda:N, mps and sharded",
        model_folder("gpt2"),
        device=device,
    )


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_cuda_where_there_is_none(device: str, model_folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    refused(
        rf"device '{device}' was asked for, and PyTorch finds no CUDA device here; allowed are auto and cpu",
        model_folder("gpt2"),
        device=device,
    )


def test_a_cuda_device_beyond_those_there_are(model_folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    refused(
        "device 'cuda:2' was asked for, and this machine has cuda:0 to cuda:1", model_folder("gpt2"), device="cuda:2"
    )


def test_an_unknown_dtype(model_folder: Folder) -> None:
    refused(
        "unknown dtype 'int8'; allowed are auto, bfloat16, float16, float32, float64",
        model_folder("gpt2"),
        dtype="int8",
    )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"truncate": "right"}, "truncate is 'right'; allowed are 'left' and None"),
        ({"batch_tokens": 0}, "batch_tokens is 0; allowed is 1 or more"),
        ({"revision": "main"}, "revision 'main' has no meaning for a folder, only on the hub"),
    ],
)
def test_options_that_are_not_allowed(options: dict[str, Any], match: str, model_folder: Folder) -> None:
    refused(match, model_folder("gpt2"), **options)


def test_an_unreachable_hub_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    refused(
        "model 'nobody/nothing': there is no such folder here, and the Hugging Face hub did not give it",
        "nobody/nothing",
    )


class Hub:
    """Stands in for the hub: gives of a folder's files those that were asked for."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        self.asked: list[tuple[str, str | None]] = []

    def snapshot_download(
        self, name: str, *, revision: str | None, allow_patterns: list[str], ignore_patterns: list[str]
    ) -> str:
        from huggingface_hub.utils import filter_repo_objects

        self.asked.append((name, revision))
        snapshot = self.cache / "snapshots" / "0123abcd"
        snapshot.mkdir(parents=True, exist_ok=True)
        present = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]
        for file in filter_repo_objects(present, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns):
            shutil.copy(self.folder / file, snapshot / file)
        return str(snapshot)


def test_a_model_on_the_hub_is_known_by_its_commit(
    model_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy(model_folder("gpt2"), tmp_path / "there")
    (folder / "original").mkdir()
    (folder / "qwen.tiktoken").write_text("bQ== 0")
    for useless in ("original/model.safetensors", "consolidated.safetensors", "pytorch_model.bin", "model.onnx"):
        (folder / useless).write_bytes(b"large")
    hub = Hub(folder, tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub.snapshot_download)
    facts = load_model("someone/something", revision="v2", device="cpu").facts
    assert (facts.name, facts.revision) == ("someone/something", "0123abcd")
    assert hub.asked == [("someone/something", "v2")]
    fetched = {path.name for path in (tmp_path / "snapshots" / "0123abcd").iterdir()}
    assert {"model.safetensors", "qwen.tiktoken"} <= fetched
    assert not fetched & {"original", "consolidated.safetensors", "pytorch_model.bin", "model.onnx"}


def test_pickled_weights_are_fetched_only_when_allowed(
    model_folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors.torch import load_file

    folder = copy(model_folder("gpt2"), tmp_path / "there", "*.safetensors")
    torch.save(load_file(model_folder("gpt2") / "model.safetensors"), folder / "pytorch_model.bin")
    monkeypatch.setattr("huggingface_hub.snapshot_download", Hub(folder, tmp_path).snapshot_download)
    refused(r"model 'someone/something': .* has no weights as \*\.safetensors; weights as pickle", "someone/something")
    assert not list(tmp_path.glob("snapshots/*/*.bin"))
    assert load_model("someone/something", device="cpu", allow_pickle=True).facts.revision == "0123abcd"


def test_a_name_that_can_be_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    refused("the Hugging Face hub did not give it", "what a name!")


def test_loading_is_silent(model_folder: Folder, capfd: pytest.CaptureFixture[str]) -> None:
    load_model(model_folder("gpt2"), device="cpu")
    assert capfd.readouterr() == ("", "")


def test_importing_the_room_imports_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, pytest_llmcal.scoring; print({'torch', 'transformers', 'datasets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
