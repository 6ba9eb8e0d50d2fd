"""How fast answers are scored, beside lm_eval and beside what the processor could do at most.

    python -m benchmarks.scoring [--quick] [--bench FOLDER] [--growth | --profile | --memory]

The items, a random GPT-2 and lm_eval's task files are made by ``make_data.py`` of the benchmark's folder, in a
cache outside the repository; a random model of Llama's kind (grouped queries, rotary positions, gated inner layer)
is added. Each measurement runs in a fresh interpreter, ours and lm_eval's take turns, and medians are printed.
Loading is not counted, tokenizing is. One thread means one: the interpreter is bound to one core. Rates are
requests (choices) a second of *processor* time, which a busy neighbour hardly changes; with several cores, a second
by the clock.

lm_eval runs at the batch size, of a few, that was fastest on some items. "of the floor" is the share of the time
in which the fewest multiply-adds that any scorer can do (`_scoring_floor.py`) could be done, at the rate at which
the matrix products of one layer run by themselves in the same conditions. "MiB" is by how much the resident size
rose at most above that of the loaded model. "difference" is the largest of a log-likelihood, "flips" the items
whose answer differs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._scoring_data import BENCH, CACHE, MODELS, TASKS, prepared

_ROOT = Path(__file__).resolve().parent.parent

BATCHES = (1, 4, 16, 64)
PREFIX_BATCHES = (1, 2, 4, 8)
"""Batch sizes that lm_eval may have; with a long prefix, larger ones were only slower."""

PEER_ITEMS = {"bench_multi": 60, "bench_single": 200, "bench_prefix": 12, "bench_prefix_single": 40}
"""Items that lm_eval weighs at most, about ten seconds of them."""


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    folder: Path
    models: Sequence[str]
    tasks: Sequence[str]
    items: int
    rounds: int
    cores: Sequence[int]


@dataclass(frozen=True)
class Row:
    """One line of the table: a model on a task with a number of cores."""

    model: str
    task: str
    cores: int
    batch: int
    ours: Sequence[dict[str, Any]]
    peers: Sequence[dict[str, Any]]
    flops_a_second: float

    @property
    def clock(self) -> str:
        """Processor time for one thread, by the clock for several."""
        return "cpu" if self.cores == 1 else "wall"

    def rate(self, seen: Sequence[dict[str, Any]]) -> float:
        """Return requests a second, the median."""
        return median(each["requests"] / each[self.clock] for each in seen)

    @property
    def floor(self) -> float:
        """Requests a second that no scorer can exceed."""
        return self.ours[0]["requests"] * self.flops_a_second / self.ours[0]["flops"]

    @property
    def difference(self) -> float:
        """Largest difference of a log-likelihood."""
        return max(abs(a - b) for a, b in zip(self.ours[0]["answers"], self.peers[0]["answers"], strict=False))

    @property
    def flips(self) -> int:
        """Items, of those that both have weighed, whose most probable choice differs."""
        peer = self.peers[0]["answers"]
        own = self.ours[0]["answers"][: len(peer)]
        return sum(_first(own[at : at + 4]) != _first(peer[at : at + 4]) for at in range(0, len(own), 4))


def _first(answers: Sequence[float]) -> int:
    return max(range(len(answers)), key=lambda place: answers[place])


def fresh(name: str, cores: int, **arguments: Any) -> Any:
    """Measure one subject in an interpreter of its own, on so many cores."""
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "OMP_NUM_THREADS": str(cores),
        "MKL_NUM_THREADS": str(cores),
        "TOKENIZERS_PARALLELISM": "false" if cores == 1 else "true",
        "HF_DATASETS_CACHE": str(CACHE / "datasets"),
    }
    command = [sys.executable, "-m", "benchmarks._scoring_subjects", name, json.dumps(arguments)]
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[-cores:])  # the child inherits it, before any library counts the cores
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=_ROOT)
    finally:
        os.sched_setaffinity(0, allowed)
    if done.returncode:
        raise RuntimeError(f"{name} {arguments}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def best_batch(plan: Plan, model: str, task: str) -> int:
    """Return the batch size at which lm_eval is fastest on a few items."""
    batches = PREFIX_BATCHES if "prefix" in task else BATCHES
    few = max(4, min(plan.items, PEER_ITEMS[task]) // 3)
    told = fresh("lm_eval", 1, folder=str(plan.folder), model=model, task=task, items=few, batches=batches)
    return int(max(told["rates"], key=lambda size: told["rates"][size]))


def rows(plan: Plan) -> list[Row]:
    """Measure and print line by line."""
    made = []
    print(HEADER, flush=True)
    for model in plan.models:
        batches = {task: best_batch(plan, model, task) for task in plan.tasks}
        for cores in plan.cores:
            for task in plan.tasks:
                row = _row(plan, model, task, cores, batches[task])
                print(line(row), flush=True)
                made.append(row)
    return made


def _row(plan: Plan, model: str, task: str, cores: int, batch: int) -> Row:
    where = {"folder": str(plan.folder), "model": model}
    few = min(plan.items, PEER_ITEMS[task])
    seen, peers, rates = [], [], []
    for _ in range(plan.rounds):
        rates.append(fresh("gemm", cores, **where))
        seen.append(fresh("ours", cores, **where, task=task, items=plan.items))
        peers.append(fresh("lm_eval", cores, **where, task=task, items=few, batches=[batch]))
    rate = median(each["cpu" if cores == 1 else "wall"] for each in rates)
    return Row(model, task, cores, batch, seen, peers, rate)


HEADER = """
| model | task | threads | ours, requests/s | lm_eval (batch) | ratio | floor | of the floor | MiB, ours and lm_eval \
| difference | flips |
|---|---|---|---|---|---|---|---|---|---|---|"""


def line(row: Row) -> str:
    """One line of the table, as Markdown."""
    own, peer = row.rate(row.ours), row.rate(row.peers)
    memory = " and ".join(f"{median(each['memory'] for each in seen):.0f}" for seen in (row.ours, row.peers))
    compared = len(row.peers[0]["answers"]) // 4
    return (
        f"| {row.model} | {row.task} | {row.cores} | {own:.1f} | {peer:.1f} ({row.batch}) | {own / peer:.1f} "
        f"| {row.floor:.0f} ({row.flops_a_second / 1e9:.0f} GFLOP/s) | {own / row.floor:.0%} | {memory} "
        f"| {row.difference:.1e} | {row.flips} of {compared} |"
    )


GROWTH: dict[str, tuple[str, Sequence[int], dict[str, int]]] = {
    "items": (
        "items",
        (1_000, 3_000, 10_000, 30_000, 100_000),
        {"width": 64, "layers": 1, "context": 20, "choices": 2},
    ),
    "choices": ("choices an item", (2, 5, 10, 20, 50, 100), {"items": 40}),
    "prefix": ("words of a shared prefix", (0, 250, 500, 1_000, 2_000), {"items": 60}),
    "width": ("width of the model", (128, 256, 384, 768), {"items": 40}),
}
"""By argument that grows: what it is, its values, and what is held fixed."""


def growth(plan: Plan, quick: bool) -> None:
    """Print how the time of an item grows with each size."""
    for name, (what, values, fixed) in GROWTH.items():
        print(
            f"\n| {what} | CPU s | ms an item | ms a choice | floor, GFLOP an item | MiB |\n|---|---|---|---|---|---|"
        )
        for value in values[:2] if quick else values:
            arguments = {"items": 40} | fixed | {name: value}
            told = fresh("grown", 1, folder=str(plan.folder), **arguments)
            items = arguments["items"]
            print(
                f"| {value:,} | {told['cpu']:.2f} | {1e3 * told['cpu'] / items:.3f} "
                f"| {1e3 * told['cpu'] / told['requests']:.3f} | {told['flops'] / items / 1e9:.3f} "
                f"| {told['memory']:.0f} |",
                flush=True,
            )


def profile(plan: Plan) -> None:
    """Print where the time goes, for the first task: by the clock, so on an idle machine."""
    for model in plan.models:
        told = fresh(
            "profile", 1, folder=str(plan.folder), model=model, task=plan.tasks[0], items=min(plan.items, 200), rows=16
        )
        print(f"\n{model} on {plan.tasks[0]}, one thread\n\n| operator | s | share | calls |\n|---|---|---|---|")
        for operator, taken, calls in told["operators"]:
            print(f"| `{operator}` | {taken:.3f} | {taken / told['wall']:.1%} | {calls:,} |")
        outside = told["wall"] - told["all"]
        print(f"| outside of operators | {outside:.3f} | {outside / told['wall']:.1%} | |", flush=True)


def memory(quick: bool) -> None:
    """Print how far the resident size rises when many items of 200 tokens are scored."""
    print("\n| items of 200 tokens | MiB above the loaded model | CPU s |\n|---|---|---|")
    for items in (1_000,) if quick else (1_000, 10_000, 100_000):
        told = fresh("many", 1, items=items)
        print(f"| {items:,} | {told['memory']:.0f} | {told['cpu']:.1f} |", flush=True)


def _head(plan: Plan) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "lm_eval"))
    return (
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {packages}; {len(os.sched_getaffinity(0))} "
        f"cores; {plan.items} items of ours a task, medians of {plan.rounds}"
    )


def main() -> None:
    """Print the tables that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, help=f"folder with make_data.py; by default {BENCH}")
    parser.add_argument("--quick", action="store_true", help="few items, one round, one thread")
    parser.add_argument("--items", type=int, default=400, help="items of each task that ours weighs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--cores", nargs="+", type=int, help="by default one, then all")
    parser.add_argument("--growth", action="store_true", help="only how time grows with each size")
    parser.add_argument("--profile", action="store_true", help="only where the time goes, for the first task")
    parser.add_argument("--memory", action="store_true", help="only the memory that many items take")
    options = parser.parse_args()
    if options.memory:
        memory(options.quick)
        return
    if options.bench is None and not BENCH.is_dir():
        print(f"left out: its items are not at {BENCH}; name their folder with --bench")
        return
    items, rounds = (min(options.items, 12), 1) if options.quick else (options.items, options.rounds)
    everything = sorted({1, len(os.sched_getaffinity(0))})
    plan = Plan(
        prepared(options.bench or BENCH, 40 if options.quick else 2_000),
        options.models,
        options.tasks,
        items,
        rounds,
        options.cores or ([1] if options.quick else everything),
    )
    print(_head(plan))
    if options.growth:
        growth(plan, options.quick)
    elif options.profile:
        profile(plan)
    else:
        rows(plan)


if __name__ == "__main__":
    main()
