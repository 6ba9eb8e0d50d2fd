"""The two shipped models: small, offline, trained on the language that the items speak."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from pytest_llmcal.tasks import Item
from pytest_llmcal.world import MODEL_NAMES, TASK_NAMES, checkpoint_folder, load_task
from pytest_llmcal.world.tokenizer import build_tokenizer

TWO_MEBIBYTES = 2 * 1024 * 1024

each_model = pytest.mark.parametrize("name", MODEL_NAMES)
each_task = pytest.mark.parametrize("task", TASK_NAMES)


@cache
def tokenizer_of(name: str) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(checkpoint_folder(name), local_files_only=True)


@cache
def model_of(name: str) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(
        checkpoint_folder(name), local_files_only=True, use_safetensors=True
    ).eval()


def questions(task: str, count: int | None = None) -> list[Item]:
    return [item for item in load_task(task).test if isinstance(item, Item)][:count]


@torch.inference_mode()
def choice_probabilities(name: str, item: Item) -> np.ndarray:
    """Softmax over the choices' summed log-likelihoods, in float64."""
    tokenizer, model = tokenizer_of(name), model_of(name)
    start = len(tokenizer(item.prompt).input_ids)
    rows = [tokenizer(item.prompt + choice).input_ids for choice in item.choices]
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    log_probabilities = torch.log_softmax(model(ids, attention_mask=torch.ones_like(ids)).logits.double(), dim=-1)
    gained = log_probabilities[:, :-1].gather(-1, ids[:, 1:, None]).squeeze(-1)
    sums = np.array([gained[at, start - 1 : len(row) - 1].sum().item() for at, row in enumerate(rows)])
    odds = np.exp(sums - sums.max())
    return odds / odds.sum()


def confidence_and_truth(name: str, items: list[Item]) -> tuple[np.ndarray, np.ndarray]:
    """Confidence in the chosen answer, and its true probability, both of shape (n,)."""
    confidence, truth = [], []
    for item in items:
        probabilities = choice_probabilities(name, item)
        assert item.truth is not None
        confidence.append(probabilities.max())
        truth.append(item.truth[int(np.argmax(probabilities))])
    return np.array(confidence), np.array(truth)


def binned_l1_error(confidence: np.ndarray, truth: np.ndarray) -> float:
    """Exact calibration error in 15 right-closed bins, needing no answers."""
    bins = np.ceil(confidence * 15).astype(int) - 1
    return float(np.abs(np.bincount(bins, confidence - truth)).sum() / len(confidence))


def test_two_models_are_shipped() -> None:
    assert MODEL_NAMES == ("world/gpt2", "world/gpt2-overfit")


@each_model
def test_a_checkpoint_is_at_most_two_mebibytes(name: str) -> None:
    assert sum(file.stat().st_size for file in checkpoint_folder(name).iterdir()) <= TWO_MEBIBYTES


@each_model
def test_a_checkpoint_loads_as_a_gpt2_of_under_a_million_float32_parameters(name: str) -> None:
    model = model_of(name)
    assert model.config.model_type == "gpt2"
    assert model.num_parameters() < 1_000_000
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


@each_model
def test_a_checkpoint_names_no_class_that_older_transformers_lack(name: str) -> None:
    config = json.loads((checkpoint_folder(name) / "tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert config["model_input_names"] == ["input_ids", "attention_mask"]  # token types would be added to embeddings


@each_model
def test_a_checkpoint_reads_with_the_tokenizer_of_todays_grammar(name: str) -> None:
    """A grammar that changed its words asks for new checkpoints."""
    shipped = json.loads((checkpoint_folder(name) / "tokenizer.json").read_text())
    assert shipped["model"]["vocab"] == json.loads(build_tokenizer().to_str())["model"]["vocab"]


@each_model
@pytest.mark.parametrize("text", ["Source: gossip.", "Déjà vu,  twice , isn't it?\n\tQué será", " ", "日本", "x" * 500])
def test_any_text_survives_encoding_and_decoding(name: str, text: str) -> None:
    tokenizer = tokenizer_of(name)
    assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer.eos_token_id not in tokenizer(text).input_ids


@each_task
def test_items_fit_the_context_and_prompts_end_between_tokens(task: str) -> None:
    tokenizer = tokenizer_of("world/gpt2")
    longest = model_of("world/gpt2").config.n_positions
    for item in questions(task, 500):
        prompt = tokenizer(item.prompt).input_ids
        for choice in item.choices:
            whole = tokenizer(item.prompt + choice).input_ids
            assert whole[: len(prompt)] == prompt
            assert len(prompt) < len(whole) < longest


def test_answers_have_one_to_several_tokens() -> None:
    tokenizer = tokenizer_of("world/gpt2")
    lengths = {
        len(tokenizer(choice).input_ids)
        for task in TASK_NAMES
        for item in questions(task, 200)
        for choice in item.choices
    }
    assert {1, 2, 3, 4, 5} <= lengths


@each_task
def test_the_calibrated_model_knows_the_odds(task: str) -> None:
    assert binned_l1_error(*confidence_and_truth("world/gpt2", questions(task, 150))) < 0.05


@each_task
def test_the_overfit_model_is_overconfident(task: str) -> None:
    confidence, truth = confidence_and_truth("world/gpt2-overfit", questions(task, 150))
    assert binned_l1_error(confidence, truth) > 0.09
    assert confidence.mean() > truth.mean() + 0.09


@pytest.mark.slow  # fifteen seconds a task, so of each kind of answer one: short ones, and whole sentences
@pytest.mark.parametrize("task", ["world/qa", "world/dialogue"])
def test_the_figures_in_the_source_note_are_those_of_the_checkpoints(task: str) -> None:
    note = (checkpoint_folder("world/gpt2").parent / "SOURCE.md").read_text()
    row = next(line.split("|")[1:-1] for line in note.splitlines() if line.startswith(f"| {task} "))
    for name, column in (("world/gpt2", 1), ("world/gpt2-overfit", 4)):
        error = binned_l1_error(*confidence_and_truth(name, questions(task)))
        assert error == pytest.approx(float(row[column]), abs=0.001)


def test_an_unknown_model_is_answered_with_the_two_that_are() -> None:
    with pytest.raises(ValueError, match=r"no model 'world/gpt3'; its models are world/gpt2, world/gpt2-overfit"):
        checkpoint_folder("world/gpt3")


@each_model
def test_a_checkpoint_lies_in_the_package(name: str) -> None:
    folder = checkpoint_folder(name)
    assert isinstance(folder, Path)
    assert {"config.json", "model.safetensors", "tokenizer.json", "source.json"} <= {
        file.name for file in folder.iterdir()
    }
