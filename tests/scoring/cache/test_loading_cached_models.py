"""``cached_model`` on real files: what its answers are kept under, and when the files are read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path

import pytest

from pytest_llmcal.calibrators.distillation.student import Student
from pytest_llmcal.scoring import ModelError, Request, accelerator, cached_model, load_model
from pytest_llmcal.scoring.cache import Store, loading
from pytest_llmcal.scoring.cache import folder as folders
from pytest_llmcal.scoring.cache.folder import remembered_fingerprint
from pytest_llmcal.scoring.folders import fingerprint
from pytest_llmcal.tasks import Item
from pytest_llmcal.world import checkpoint_folder

ASKED = [Request("1", "Question: Who keeps", " bees"), Request("1", "Question: Who keeps", " the ladder")]
LOADS_NOTHING = """
import sys
from pathlib import Path
from pytest_llmcal.scoring import Request, cached_model
model = cached_model("world/gpt2", cache_dir=Path(sys.argv[1]))
answers = model.log_likelihoods([Request("1", "Question: Who keeps", " bees")])
print(answers[0].total.hex(), model.facts, sorted({"torch", "transformers"} & set(sys.modules)))
"""


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models that were really loaded."""
    names: list[str] = []

    @wraps(load_model)  # its signature tells the defaults
    def counted(name, **options):
        names.append(name)
        return load_model(name, **options)

    monkeypatch.setattr(loading, "load_model", counted)
    return names


def ask(cache: Path, name: str | Path = "world/gpt2", **options) -> tuple[float, ...]:
    model = cached_model(name, cache_dir=cache, device="cpu", **options)
    answers = tuple(answer.total for answer in model.log_likelihoods(ASKED))
    model.close()
    return answers


def test_the_answers_and_facts_are_those_of_the_model_itself(tmp_path: Path) -> None:
    plain = load_model("world/gpt2", device="cpu")
    model = cached_model("world/gpt2", device="cpu", cache_dir=tmp_path)
    texts = [("1", "Who keeps the bees? The miller keeps the bees.")]
    for _ in range(2):
        assert model.log_likelihoods(ASKED) == plain.log_likelihoods(ASKED)
        assert model.next_tokens(texts) == plain.next_tokens(texts)
        assert model.facts == plain.facts
    model.close()


def test_another_model_dtype_or_truncation_is_loaded_and_the_same_again_is_not(
    tmp_path: Path, loads: list[str]
) -> None:
    ways = [
        ("world/gpt2", {}),
        ("world/gpt2-overfit", {}),
        ("world/gpt2", {"dtype": "bfloat16"}),
        ("world/gpt2", {"truncate": "left"}),
    ]
    first = [ask(tmp_path, name, **options) for name, options in ways]
    assert len(loads) == 4
    assert len({first[0], first[1], first[2]}) == 3
    assert [ask(tmp_path, name, **options) for name, options in ways] == first
    assert (
        ask(tmp_path, dtype="float32", truncate=None, batch_tokens=64) == first[0]
    )  # defaults, and what changes nothing
    assert len(loads) == 4


def test_another_version_of_a_library_is_loaded_anew(
    tmp_path: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(tmp_path)
    monkeypatch.setattr(loading, "version", lambda library: f"{library} of tomorrow")
    ask(tmp_path)
    assert len(loads) == 2


def test_a_copy_under_another_name_is_the_same_model_and_a_changed_one_is_not(tmp_path: Path, loads: list[str]) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint_folder("world/gpt2"), copy)
    answers = ask(tmp_path / "cache")
    assert ask(tmp_path / "cache", copy) == answers
    assert loads == ["world/gpt2"]
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    at = weights.stat()
    content[-1] ^= 1  # in place: same size, and the time put back
    with weights.open("r+b") as file:
        file.write(content)
    os.utime(weights, ns=(at.st_atime_ns, at.st_mtime_ns))
    ask(tmp_path / "cache", copy)
    assert loads == ["world/gpt2", str(copy)]


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(checkpoint_folder("world/gpt2"), folder))


@pytest.mark.parametrize("place", ["chat_template.jinja", "tokenizer_config.json"])
def test_where_the_chat_template_tells_the_day_answers_are_those_of_the_day(
    place: str, tmp_path: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copied(tmp_path / "copy")
    template = "{{ strftime_now('%d %b %Y') }}\n{% for m in messages %}{{ m['content'] }}{% endfor %}"
    if place == "tokenizer_config.json":
        config = json.loads((copy / place).read_text(encoding="utf-8"))
        template = json.dumps(config | {"chat_template": template})
    (copy / place).write_text(template, encoding="utf-8")
    today = date(2026, 1, 1)

    class Calendar(date):
        @classmethod
        def today(cls):
            return today

    monkeypatch.setattr(loading, "date", Calendar)
    for chat in (True, True, False):  # without chat no template is read
        ask(tmp_path / "cache", copy, chat=chat)
    assert len(loads) == 2
    today = date(2026, 1, 28)
    for chat in (True, False):
        ask(tmp_path / "cache", copy, chat=chat)
    assert len(loads) == 3


@pytest.mark.parametrize("place", ["additional_chat_templates/default.jinja", "source.spm", "bpe.codes"])
def test_a_file_that_loading_reads_changes_the_fingerprint(place: str, tmp_path: Path) -> None:
    copy = copied(tmp_path / "copy")
    (copy / place).parent.mkdir(exist_ok=True)
    prints = [fingerprint(copy)]
    for text in ("one", "two"):
        (copy / place).write_text(text, encoding="utf-8")
        prints.append(fingerprint(copy))
    assert len(set(prints)) == 3


def test_a_shard_of_a_subfolder_changes_the_fingerprint_and_a_damaged_index_is_left_to_loading(tmp_path: Path) -> None:
    copy = copied(tmp_path / "copy")
    index = copy / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"wte.weight": "shards/one.safetensors"}}), encoding="utf-8")
    (copy / "shards").mkdir()
    prints = []
    for text in ("one", "two"):
        (copy / "shards" / "one.safetensors").write_text(text, encoding="utf-8")
        prints.append(fingerprint(copy))
    assert prints[0] != prints[1]
    for text in ("{", "[1]", '{"weight_map": [1]}'):
        index.write_text(text, encoding="utf-8")
        assert len(fingerprint(copy)) == 16


def test_an_adapter_to_weights_elsewhere_is_refused(tmp_path: Path) -> None:
    copy = copied(tmp_path / "copy")
    (copy / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}', encoding="utf-8")
    with pytest.raises(ModelError, match=r"adapter_config.json takes weights from elsewhere"):
        cached_model(copy, cache_dir=tmp_path / "cache")


def test_a_file_that_changes_before_the_model_is_loaded_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint_folder("world/gpt2"), copy)
    model = cached_model(copy, cache_dir=tmp_path / "cache", device="cpu")
    (copy / "generation_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="did its files change meanwhile"):
        model.log_likelihoods(ASKED)
    model.close()


def test_the_fingerprint_is_read_from_the_files_once_they_have_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(folders, "fingerprint", lambda folder: (read.append(folder), fingerprint(folder))[1])
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint_folder("world/gpt2"), copy)
    store = Store(tmp_path / "cache")
    expected = fingerprint(copy)
    assert [remembered_fingerprint(copy, store) for _ in range(2)] == [expected] * 2
    assert len(read) == 2  # too young to be trusted
    monkeypatch.setattr(folders, "_SETTLED", 0)
    assert [remembered_fingerprint(copy, store) for _ in range(2)] == [expected] * 2
    assert len(read) == 3
    (copy / "tokenizer_config.json").touch()
    assert remembered_fingerprint(copy, store) == expected
    assert len(read) == 4
    store.close()


@pytest.mark.slow
def test_a_second_process_answers_without_torch_and_transformers(tmp_path: Path) -> None:
    script = [sys.executable, "-c", LOADS_NOTHING, str(tmp_path)]
    first, second = (
        subprocess.run(script, capture_output=True, text=True, check=True).stdout.splitlines() for _ in range(2)
    )
    if not accelerator.may_have_cuda():
        assert second[0].endswith(" []")
        assert first[0].endswith(" ['torch', 'transformers']")
    assert first[0].rpartition(" [")[0] == second[0].rpartition(" [")[0]


@pytest.mark.parametrize(("device", "dtype"), [("auto", "auto"), ("cpu", "bfloat16"), ("auto", "float64")])
def test_device_and_precision_are_those_that_loading_chooses(device: str, dtype: str) -> None:
    facts = load_model("world/gpt2", device=device, dtype=dtype).facts
    assert accelerator.resolved(device, dtype) == (facts.device, facts.dtype)


@pytest.mark.parametrize(("device", "dtype"), [("tpu", "auto"), ("cpu", "int4"), ("cuda:99", "auto")])
def test_an_unknown_device_or_precision_is_refused_at_once(tmp_path: Path, device: str, dtype: str) -> None:
    with pytest.raises(ModelError):
        cached_model("world/gpt2", cache_dir=tmp_path, device=device, dtype=dtype)


def test_an_unknown_option_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'trunkate'"):
        cached_model("world/gpt2", cache_dir=tmp_path, trunkate="left")


def test_code_of_another_repository_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint_folder("world/gpt2"), copy)
    text = (copy / "config.json").read_text(encoding="utf-8")
    (copy / "config.json").write_text(
        text.replace("{", '{"auto_map": {"AutoModelForCausalLM": "org/code--modeling.Model"},', 1), encoding="utf-8"
    )
    with pytest.raises(ModelError, match=r"config.json takes code from another repository"):
        cached_model(copy, cache_dir=tmp_path / "cache", trust_remote_code=True)


def test_it_can_be_lent_to_be_trained_and_is_closed_afterwards(
    tmp_path: Path, model_folder: Callable[[str], Path]
) -> None:
    model = cached_model(model_folder("gpt2"), cache_dir=tmp_path, device="cpu")
    assert isinstance(model, Student)
    assert len(model.encoded([Item("one", "Who keeps the bees?", (" the miller", " B"), 0)])[0]) == 2
    with model.lent() as (network, tokenizer):
        assert network.num_parameters() == model.facts.parameters
        assert tokenizer("a").input_ids
    with pytest.raises(ModelError, match="was closed; load it again"):
        model.log_likelihoods(ASKED)
