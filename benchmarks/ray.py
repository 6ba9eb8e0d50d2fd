"""How much faster two replicas on a Ray cluster score than one, and what each answer costs the process that asks.

    python -m benchmarks.ray [--repeats 5] [--items 2000] [--model NAME]

One and two replicas, each a process with one thread, on a cluster of this machine; both score the same questions turn
by turn, so that a busy neighbour slows both sides of a turn alike. Nothing is kept from one turn to the next. Rates are
the best of all turns, the ratio is the median of those of each turn. Beside them stands the processor time of the
process that asks, for each question: looking it up, sending it out, keeping its answer in a score cache.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import ray

from pytest_llmcal import load_task
from pytest_llmcal.scoring import Request
from pytest_llmcal.scoring.cache import CachedModel, Identity, Store, chunks
from pytest_llmcal.scoring.replicas import RayModel
from pytest_llmcal.scoring.replicas.crew import Crew
from pytest_llmcal.scoring.replicas.room import Room

CHUNKS = 16
"""Of a run: enough that two replicas end together."""


def gpt2(folder: Path) -> str:
    """Make a GPT-2 of about 14 million random weights, with the tokenizer of the embedded model."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    from pytest_llmcal.world import checkpoint_folder

    torch.manual_seed(0)
    config = GPT2Config(vocab_size=8192, n_embd=384, n_layer=6, n_head=6, bos_token_id=1, eos_token_id=1)
    GPT2LMHeadModel(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(checkpoint_folder("world/gpt2")).save_pretrained(folder)
    return str(folder)


def questions(items: int) -> list[Request]:
    """Return the choices of questions, no two alike."""
    asked = load_task("world/qa").test
    return [
        Request(f"{place}", f"{place}. {item.prompt}", choice)
        for place, item in ((place, asked[place % len(asked)]) for place in range(items))
        for choice in item.choices
    ]


def timed(model: RayModel, asked: Sequence[Request]) -> tuple[float, float, int]:
    """Score with a score cache; return seconds, processor seconds of this process, and bytes kept."""
    with tempfile.TemporaryDirectory() as folder:
        facts, store = model.facts, Store(folder)
        identity = Identity("", facts.revision, facts.dtype, "cpu")
        cached = CachedModel(store, identity, lambda: model, name=facts.name, device="cpu")
        begun, used = time.perf_counter(), time.process_time()
        cached.log_likelihoods(asked)
        taken = time.perf_counter() - begun, time.process_time() - used
        store.close()
        kept = sum(path.stat().st_size for path in Path(folder).iterdir())
        return *taken, kept


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--model", help="by default a GPT-2 of 14 million random weights")
    arguments = parser.parse_args()
    asked = questions(arguments.items)
    small: dict[str, Any] = chunks._AT_ONCE  # chunks of seconds would need minutes of questions
    ray.init("local", num_cpus=3, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        name = arguments.model or gpt2(Path(folder))
        crews = [Crew(ray, Room(replicas, 1, 0), name, {"device": "cpu"}) for replicas in (1, 2)]
        for crew in crews:
            crew.wait_for_all()
        models = [RayModel(crew, "cpu") for crew in crews]
        small["cpu"] = (models[0].facts.parameters or 1) * len(asked) / CHUNKS
        for model in models:
            timed(model, asked)
        turns = [[timed(model, asked) for model in models] for _ in range(arguments.repeats)]
    rates = [max(len(asked) / seconds for seconds, _, _ in column) for column in zip(*turns, strict=True)]
    ratio = median(one[0] / two[0] for one, two in turns)
    own = median(used for turn in turns for _, used, _ in turn) / len(asked)
    print("| requests/s, one replica | two | ratio | asking process, µs a request | kept, bytes a request |")
    print("|---|---|---|---|---|")
    print(f"| {rates[0]:,.0f} | {rates[1]:,.0f} | {ratio:.2f} | {own * 1e6:.0f} | {turns[0][0][2] / len(asked):.0f} |")


if __name__ == "__main__":
    main()
