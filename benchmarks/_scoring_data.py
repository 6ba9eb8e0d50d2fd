"""Models, items and tasks that the benchmark of scoring runs on, made once in a folder outside the repository."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pytest_llmcal.scoring import Request

BENCH = Path(__file__).resolve().parent.parent.parent / "shared" / "bench" / "scoring"
CACHE = Path(tempfile.gettempdir()) / "pytest-llmcal-benchmark"

MODELS = {"gpt2": "model", "llama": "llama"}
"""Folder of each model's files."""

TASKS = ("bench_multi", "bench_single", "bench_prefix", "bench_prefix_single")


def prepared(bench: Path, items: int) -> Path:
    """Copy the benchmark's folder to a cache, make its data there, and add a model of Llama's kind.

    Parameters
    ----------
    bench : Path
        Folder with ``make_data.py``. Nothing is written into it.
    items : int
        Items to make.

    Returns
    -------
    Path
        The folder in the cache, the same for the same script and number of items.
    """
    script = bench / "make_data.py"
    if not script.is_file():
        raise SystemExit(f"{bench} has no make_data.py; name the folder of the benchmark with --bench")
    version = hashlib.sha256(script.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:8]
    folder = CACHE / f"scoring-{items}-{version}"
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(script, folder)
        subprocess.run([sys.executable, "make_data.py", str(items)], cwd=folder, check=True, capture_output=True)
        _make_llama(folder)
        (folder / "made").touch()
    return folder


def _make_llama(folder: Path) -> None:
    """Save a random model of about the GPT-2's size: grouped queries, rotary positions, a gated inner layer."""
    from transformers import LlamaConfig

    save_random(
        LlamaConfig(
            vocab_size=8192,
            hidden_size=384,
            intermediate_size=1024,
            num_hidden_layers=6,
            num_attention_heads=6,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            initializer_range=0.08,
        ),
        folder / "model",
        folder / "llama",
    )


def save_random(config: Any, tokenizer: Path, folder: Path) -> Path:
    """Save a model of random weights with the tokenizer of another folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(folder)
    return folder


def requests_of(folder: Path, task: str, items: int) -> list[Request]:
    """Return the requests that lm_eval makes of the first items of a task."""
    lines = (folder / "data" / ("single.jsonl" if task.endswith("single") else "multi.jsonl")).open()
    rows = [json.loads(line) for line, _ in zip(lines, range(items), strict=False)]
    prefix = (folder / "data" / "prefix.txt").read_text() if "prefix" in task else ""
    return [Request(str(row["id"]), prefix + row["context"], " " + choice) for row in rows for choice in row["choices"]]


def words_of(folder: Path) -> list[str]:
    """Return words that are one token each, a space before them, in a fixed order."""
    rows = map(json.loads, (folder / "data" / "single.jsonl").open())
    return sorted({choice for row in rows for choice in row["choices"]})


def grown_requests(words: list[str], items: int, choices: int, context: int, prefix: int) -> list[Request]:
    """Make requests of given size: a shared prefix, a context of its own and choices of one token each.

    Lengths are in words of one token each, each text's first word apart.
    """
    draw = random.Random(0)
    shared = " ".join(draw.choices(words, k=prefix)) + "\n\n" if prefix else ""
    requests = []
    for item in range(items):
        text = shared + " ".join(draw.choices(words, k=context))
        requests += [Request(str(item), text, f" {word}") for word in draw.sample(words, choices)]
    return requests
