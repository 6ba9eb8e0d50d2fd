"""The training script: what the models read, and that a run can be repeated."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pytest_llmcal.world import checkpoint_folder
from pytest_llmcal.world import train as training
from pytest_llmcal.world.corpus import passages
from pytest_llmcal.world.tokenizer import END_OF_TEXT, END_OF_TEXT_ID, build_tokenizer


def weights(recipe: training.Recipe, seed: int) -> torch.Tensor:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = training.train(recipe, seed)
    finally:
        torch.set_num_threads(threads)
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_rows_are_whole_passages_that_begin_as_scored_prompts_do() -> None:
    tokenizer = build_tokenizer()
    pairs = list(zip(passages(5), islice(training.encoded_passages(5), training.BARE_EVERY - 1), strict=False))
    assert len(pairs) == training.BARE_EVERY - 1
    for passage, row in pairs:
        assert row == [*tokenizer.encode(passage.text).ids, END_OF_TEXT_ID]


def test_some_answers_are_read_without_their_question() -> None:
    rows = list(islice(training.encoded_passages(5), 10 * training.BARE_EVERY))
    bare = [number for number, row in enumerate(rows, start=1) if row[0] == END_OF_TEXT_ID]
    assert bare == [training.BARE_EVERY * count for count in range(1, 11)]
    assert len({number % 5 for number in bare}) == 5  # of every task


def test_the_end_of_text_comes_first_in_the_vocabulary() -> None:
    assert build_tokenizer().token_to_id(END_OF_TEXT) == END_OF_TEXT_ID


def test_collation_pads_on_the_right_and_trains_on_every_real_token() -> None:
    batch = training.collate([[5, 6, 7], [8]])
    assert batch["input_ids"].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert batch["labels"].tolist() == [[5, 6, 7], [8, -100, -100]]


@pytest.mark.parametrize("sample", [None, 60], ids=["endless", "sample"])
def test_a_seed_gives_the_same_weights_again(sample: int | None) -> None:
    recipe = training.Recipe(steps=6, sample=sample)
    first = weights(recipe, seed=3)
    assert torch.equal(weights(recipe, seed=3), first)
    assert not torch.equal(weights(recipe, seed=4), first)


def test_training_lowers_the_loss() -> None:
    rows = list(islice(training.encoded_passages(99), 50))
    batch = training.collate(rows)
    before, trained = training.new_model(0), training.train(training.Recipe(steps=40), seed=0)
    with torch.inference_mode():
        assert trained(**batch).loss.item() < before(**batch).loss.item() - 1.0


@pytest.mark.parametrize("which", ["gpt2", "gpt2-overfit"])
def test_the_command_saves_a_checkpoint_that_loads(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = training.Recipe(steps=2, sample=training.RECIPES[which].sample and 40)
    monkeypatch.setitem(training.RECIPES, which, recipe)
    threads = torch.get_num_threads()
    assert training.main(["--which", which, "--seed", "7", "--out", str(tmp_path), "--threads", "1"]) == 0
    torch.set_num_threads(threads)
    assert str(tmp_path / which) in capsys.readouterr().out
    source = json.loads((tmp_path / which / "source.json").read_text())
    assert source["recipe"] == asdict(recipe)
    assert source["seed"] == 7
    assert source["command"].endswith(f"--which {which} --seed 7")
    shipped = AutoTokenizer.from_pretrained(checkpoint_folder("world/gpt2"), local_files_only=True)
    saved = AutoTokenizer.from_pretrained(tmp_path / which, local_files_only=True)
    assert saved.get_vocab() == shipped.get_vocab()
    assert AutoModelForCausalLM.from_pretrained(tmp_path / which, local_files_only=True).num_parameters() < 1_000_000


@pytest.mark.parametrize("which", ["gpt2", "gpt2-overfit"])
def test_the_shipped_checkpoint_was_trained_by_the_recipe_in_the_code(which: str) -> None:
    source = json.loads((checkpoint_folder(f"world/{which}") / "source.json").read_text())
    assert source["recipe"] == asdict(training.RECIPES[which])
