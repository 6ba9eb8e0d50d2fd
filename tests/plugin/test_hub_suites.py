"""The suites under ``suites/hub/`` run where they are named, offline on a copy of their data, and nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hub_rows import HUB
from inner_runs import Project, seen

SUITES = Path(__file__).parents[2] / "suites"
JUDGED = {"holds", "refuted", "undecided"}
# A temperature of so few, poor answers has no best value, which is an error here and shown at a user's.
SHOWN = ("-W", "default::pytest_llmcal.calibrators.errors.AtBoundWarning")


@pytest.fixture
def hub(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Project:
    """A project with the suites and the model that echoes, and without a network."""
    shutil.copytree(SUITES, project.folder / "suites", ignore=data_and_leavings)
    project.write("pytest.ini", "[pytest]\n")
    project.write("echo_model.py", Path(__file__).with_name("echo_model.py").read_text(encoding="utf-8"))
    project.write("conftest.py", "from echo_model import pytest_llmcal_load_model\n")
    for place in ("huggingface_hub.constants", "datasets.config"):
        monkeypatch.setattr(f"{place}.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    return project


def data_and_leavings(folder: str, names: list[str]) -> list[str]:
    """Name what is no part of the suites: a copy of a data set that someone may have put there is none."""
    of_a_suite = Path(folder).parent == SUITES / "hub"
    return [name for name in names if name == "__pycache__" or (of_a_suite and Path(folder, name).is_dir())]


def gates_of(*names: str) -> list[str]:
    return [f"suites/hub/{name}/gates_{name}.py" for name in names]


def test_every_suite_runs_offline_on_a_copy_of_its_data(hub: Project) -> None:
    for package in ("sacrebleu", "rouge_score"):
        pytest.importorskip(package)
    for name, dataset in HUB.items():
        dataset.write(hub.folder / "suites" / "hub" / name)
    hub.run(*SHOWN, "--llmcal-model", "echo", "--llmcal-undecided", "pass", *gates_of(*HUB))
    run = hub.result()
    assert run.complete
    assert {gate.suite for gate in run.gates} == {f"suites/hub/{name}" for name in HUB}
    not_judged = [gate for gate in run.gates if gate.verdict not in JUDGED or not gate.records]
    assert {gate.nodeid: gate.attempts[-1].message for gate in not_judged} == {}
    assert {record.task for gate in run.gates for record in gate.records} == set(HUB)


@pytest.mark.slow
def test_a_model_with_a_longer_window_reads_the_examples(hub: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMCAL_NO_CACHE", "1")
    hub.write("conftest.py", "")
    random_model(hub.folder / "random")
    names = ("arc", "triviaqa")
    for name in names:
        HUB[name].write(hub.folder / "suites" / "hub" / name)
    hub.run(*SHOWN, "--llmcal-model", "random", "--llmcal-limit", "8", "--llmcal-undecided", "pass", *gates_of(*names))
    run = hub.result()
    assert {record.task for gate in run.gates for record in gate.records} == set(names)
    unjudged = [(gate.suite, gate.name) for gate in run.gates if not gate.records]
    # it writes noise, which is never right, and an AUROC needs answers of both kinds
    assert unjudged == [("suites/hub/triviaqa", "test_it_is_less_sure_when_it_is_wrong")]


def random_model(folder: Path) -> None:
    """Write a model of random weights that reads prompts of 2,048 tokens, with a token for each byte."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({"<end>": 0} | {byte: place for place, byte in enumerate(alphabet, 1)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", bos_token="<end>").save_pretrained(folder)
    sizes = {"n_positions": 2048, "n_embd": 16, "n_layer": 1, "n_head": 2}
    config = GPT2Config(vocab_size=len(alphabet) + 1, bos_token_id=0, eos_token_id=0, **sizes)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        GPT2LMHeadModel(config).save_pretrained(folder)


def test_a_suite_without_network_and_copy_is_an_error_in_one_sentence(hub: Project) -> None:
    result = hub.run("--llmcal-model", "echo", *gates_of("mmlu"))
    result.assert_outcomes(errors=4)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "cais/mmlu, split 'test': there is no such file or folder here, and the Hugging Face hub" in seen(result)


def test_they_are_not_collected_unless_they_are_named(hub: Project) -> None:
    result = hub.run("--collect-only", "-q", "suites/hub")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result = hub.run("--collect-only", "-q", "suites")
    assert "suites/qa/test_qa.py" in seen(result)
    assert "hub" not in seen(result)
