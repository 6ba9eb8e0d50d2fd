"""Train the two models of the world from scratch: ``python -m pytest_llmcal.world.train``.

Both are the same small GPT-2 and both are trained as ordinary language models, with a loss on every
token of every passage. They differ in what they read: ``gpt2`` never reads a passage twice, so it
can only learn the odds of the language; ``gpt2-overfit`` reads a small sample again and again until
it takes the accidents of the sample for rules, and becomes overconfident.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import tokenizers
import torch
import transformers
from torch.utils.data import IterableDataset
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, Trainer, TrainingArguments

from pytest_llmcal.world.corpus import passages
from pytest_llmcal.world.facts import WORLD_SEED
from pytest_llmcal.world.tokenizer import END_OF_TEXT, END_OF_TEXT_ID, build_tokenizer

CONTEXT = 64
"""Positions of the model; the longest passage has fewer than 40 tokens."""

BARE_EVERY = 11
"""One passage in so many is read as its answer alone, so that an answer without its question has a probability too."""

_IGNORED = -100  # the label that torch's cross entropy leaves out


@dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    Attributes
    ----------
    steps : int
        Optimiser steps.
    sample : int or None
        Number of different passages, read again and again; None: every passage is new.
    rows : int
        Passages a step.
    learning_rate : float
        Highest rate; warmed up over the first steps, then a cosine down to zero.
    """

    steps: int
    sample: int | None = None
    rows: int = 20
    learning_rate: float = 2e-3


RECIPES = {"gpt2": Recipe(steps=13_000), "gpt2-overfit": Recipe(steps=5_000, sample=2_500)}


class EndlessRows(IterableDataset[list[int]]):
    """Rows of token ids that never repeat."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __iter__(self) -> Iterator[list[int]]:
        return encoded_passages(self.seed)


def encoded_passages(seed: int) -> Iterator[list[int]]:
    """Encode the corpus, one passage a row.

    A row begins as a prompt begins when it is scored: at the first position, with no token before it.
    The prompt and its continuation are encoded apart, which changes nothing since words never merge.

    Parameters
    ----------
    seed : int
        Seed of the corpus.

    Yields
    ------
    list of int
        Token ids, closed by the end-of-text token.
    """
    tokenizer = build_tokenizer()
    for number, passage in enumerate(passages(seed), start=1):
        start = [END_OF_TEXT_ID] if number % BARE_EVERY == 0 else tokenizer.encode(passage.prompt).ids
        yield [*start, *tokenizer.encode(passage.continuation).ids, END_OF_TEXT_ID]


def collate(rows: Sequence[list[int]]) -> dict[str, torch.Tensor]:
    """Pad rows on the right; causal attention never looks at what comes after, so no mask is needed."""
    width = max(map(len, rows))
    return {
        "input_ids": torch.tensor([row + [END_OF_TEXT_ID] * (width - len(row)) for row in rows]),
        "labels": torch.tensor([row + [_IGNORED] * (width - len(row)) for row in rows]),
    }


def new_model(seed: int) -> GPT2LMHeadModel:
    """Make the untrained model: three layers, 64 dimensions, about 0.2 million parameters.

    Parameters
    ----------
    seed : int
        Seed of the initial weights.

    Returns
    -------
    transformers.GPT2LMHeadModel
        Random weights, no dropout.
    """
    transformers.set_seed(seed)
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=build_tokenizer().get_vocab_size(),
            n_positions=CONTEXT,
            n_embd=64,
            n_layer=3,
            n_head=4,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=END_OF_TEXT_ID,
            eos_token_id=END_OF_TEXT_ID,
        )
    )


def train(recipe: Recipe, seed: int) -> GPT2LMHeadModel:
    """Train one model.

    Parameters
    ----------
    recipe : Recipe
        Steps, sample and rates.
    seed : int
        Seed of the weights, the corpus and the order of reading.

    Returns
    -------
    transformers.GPT2LMHeadModel
        The trained model. Same recipe, seed and number of torch threads: same weights.
    """
    model = new_model(seed)
    if recipe.sample is None:
        rows: EndlessRows | list[list[int]] = EndlessRows(seed + 1)
    else:
        rows = list(islice(encoded_passages(seed + 1), recipe.sample))
    with TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            max_steps=recipe.steps,
            per_device_train_batch_size=recipe.rows,
            learning_rate=recipe.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=min(200, recipe.steps // 10),
            weight_decay=0.01,
            logging_steps=500,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            use_cpu=True,
            seed=seed,
        )
        Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collate).train()
    model.eval()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    return model


def save(model: GPT2LMHeadModel, folder: Path) -> None:
    """Save model and tokenizer as ``from_pretrained`` loads them.

    Parameters
    ----------
    model : transformers.GPT2LMHeadModel
        What to save, in safetensors.
    folder : pathlib.Path
        Made when it is missing.
    """
    model.config.use_cache = True  # the trainer switched it off
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=build_tokenizer(),
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],  # GPT-2 would add token types to its embeddings
    ).save_pretrained(folder)
    _name_class_of_any_version(folder / "tokenizer_config.json")


def _name_class_of_any_version(path: Path) -> None:
    """Name the tokenizer's class as transformers 4 and 5 both know it; 5 writes a name that 4 does not."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def describe_source(name: str, recipe: Recipe, seed: int, seconds: float, cpu_seconds: float) -> dict[str, object]:
    """Say where a checkpoint came from."""
    return {
        "command": f"python -m pytest_llmcal.world.train --which {name} --seed {seed}",
        "recipe": asdict(recipe),
        "seed": seed,
        "world_seed": WORLD_SEED,
        "threads": torch.get_num_threads(),
        "wall_seconds": round(seconds),
        "cpu_seconds": round(cpu_seconds),
        "versions": {
            "python": platform.python_version(),
            "tokenizers": tokenizers.__version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pytest_llmcal.world.train", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "checkpoints", help="folder of the checkpoints"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, corpus and order")
    parser.add_argument("--which", choices=[*RECIPES, "both"], default="both", help="which model to train")
    parser.add_argument("--threads", type=int, default=1, help="torch threads; another number, other rounding")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Train, save and say where each checkpoint lies."""
    arguments = _arguments(argv)
    torch.set_num_threads(arguments.threads)
    for name in RECIPES if arguments.which == "both" else [arguments.which]:
        wall, cpu = time.perf_counter(), time.process_time()
        folder = arguments.out / name
        save(train(RECIPES[name], arguments.seed), folder)
        source = describe_source(
            name, RECIPES[name], arguments.seed, time.perf_counter() - wall, time.process_time() - cpu
        )
        (folder / "source.json").write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"{folder}: {source['wall_seconds']} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
