"""What ``benchmarks.scoring`` measures, each in an interpreter of its own.

    python -m benchmarks._scoring_subjects NAME '{"argument": value}'

The last line printed is the result as JSON.
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._scoring_data import MODELS, grown_requests, requests_of, save_random, words_of
from benchmarks._scoring_floor import Shape, flops, shape_of, work_of
from pytest_llmcal.scoring import Request, load_model, score
from pytest_llmcal.tasks import Item

_MEBIBYTE = 2**20
_WARM = 12
"""Requests that are weighed before the clock starts: what is loaded or made once is loaded by then."""


def seconds(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return processor seconds, seconds by the clock, and what a function returns."""
    cpu, wall = time.process_time(), time.perf_counter()
    value = function()
    return time.process_time() - cpu, time.perf_counter() - wall, value


def memory(function: Callable[[], Any]) -> tuple[float, Any]:
    """Return by how many MiB the resident size rose above that at the start at most, and what a function returns."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = _status("VmRSS")
    value = function()
    return max(0, _status("VmHWM") - before) / 1024, value


def _status(field: str) -> int:
    """Read one field of this process's state, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field + ":")).split()[1])


def ours(folder: str, model: str, task: str, items: int) -> dict[str, Any]:
    """Weigh the requests of a task."""
    requests = requests_of(Path(folder), task, items)
    return _weighed(Path(folder) / MODELS[model], requests)


def _weighed(model_folder: Path, requests: list[Request]) -> dict[str, Any]:
    import torch
    from transformers import AutoConfig

    model = load_model(model_folder, device="cpu", dtype="float32")
    model.log_likelihoods(requests[:_WARM])
    rise, (cpu, wall, answers) = memory(lambda: seconds(lambda: model.log_likelihoods(requests)))
    return {
        "requests": len(requests),
        "cpu": cpu,
        "wall": wall,
        "memory": rise,
        "threads": torch.get_num_threads(),
        "answers": [answer.total for answer in answers],
        "flops": flops(shape_of(AutoConfig.from_pretrained(model_folder)), work_of(_tokens(model, requests))),
    }


def _tokens(model: Any, requests: Sequence[Request]) -> list[tuple[Sequence[int], Sequence[int]]]:
    choices: dict[tuple[str, str], list[str]] = {}
    for request in requests:
        choices.setdefault((request.item, request.context), []).append(request.continuation)
    items = [Item(name, context, tuple(group), 0) for (name, context), group in choices.items()]
    return [pair for pairs in model.encoded(items) for pair in pairs]


def lm_eval(folder: str, model: str, task: str, items: int, batches: list[int]) -> dict[str, Any]:
    """Let lm_eval weigh the requests of a task; of several batch sizes, say how fast each is instead."""
    import logging

    logging.disable(logging.WARNING)
    import lm_eval as harness
    import torch
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    asked: list[Any] = []

    class Collecting(HFLM):
        def loglikelihood(self, requests: list[Any], **_: Any) -> list[Any]:
            asked.extend(requests)
            return [(0.0, False)] * len(requests)

    runner = Collecting(
        pretrained=str(Path(folder) / MODELS[model]), device="cpu", batch_size=batches[0], dtype="float32"
    )
    tasks = TaskManager(include_path=str(Path(folder) / "tasks"), include_defaults=False)
    harness.simple_evaluate(model=runner, tasks=[task], task_manager=tasks, limit=items, bootstrap_iters=0)

    def weigh(requests: list[Any]) -> list[Any]:
        return HFLM.loglikelihood(runner, requests, disable_tqdm=True)

    weigh(asked[:_WARM])
    if len(batches) > 1:
        return {"rates": {str(size): _rate(runner, size, lambda: weigh(asked), len(asked)) for size in batches}}
    rise, (cpu, wall, answers) = memory(lambda: seconds(lambda: weigh(asked)))
    order = sorted(range(len(asked)), key=lambda place: (asked[place].doc_id, asked[place].idx))
    return {
        "requests": len(asked),
        "cpu": cpu,
        "wall": wall,
        "memory": rise,
        "threads": torch.get_num_threads(),
        "answers": [answers[place][0] for place in order],
    }


def _rate(runner: Any, size: int, weigh: Callable[[], Any], requests: int) -> float:
    runner.batch_size_per_gpu = size
    return requests / seconds(weigh)[0]


def gemm(folder: str, model: str) -> dict[str, Any]:
    """Measure how many floating-point operations a second the matrix products of a layer reach at best."""
    from transformers import AutoConfig

    shape = shape_of(AutoConfig.from_pretrained(Path(folder) / MODELS[model]))
    cpu, wall = layer_seconds(shape)
    operations = sum(2.0 * _ROWS * a * b for a, b in shape.products)
    return {"cpu": operations / cpu, "wall": operations / wall}


_ROWS = 2048


def layer_seconds(shape: Shape, repeats: int = 10) -> tuple[float, float]:
    """Seconds, of the processor and by the clock, that the matrix products of a layer take on 2,048 tokens.

    Each product is done in the ways below, the tokens at once or 256 at a time, and the fastest counts.
    """
    import torch

    pack, packed = torch.ops.mkldnn._reorder_linear_weight, torch.ops.mkldnn._linear_pointwise
    total_cpu = total_wall = 0.0
    with torch.inference_mode():
        for wide, out in shape.products:
            tokens, weight = torch.randn(_ROWS, wide), torch.randn(out, wide)
            ways = [partial(_turned, torch.mm, weight.t())]
            if torch.backends.mkldnn.is_available():
                ways.append(partial(_packed, packed, pack(weight, None)))
            taken = [_each(way, tokens.split(rows), repeats) for way in ways for rows in (_ROWS, 256)]
            total_cpu += min(cpu for cpu, _ in taken)
            total_wall += min(wall for _, wall in taken)
    return total_cpu, total_wall


def _turned(product: Any, weight: Any, tokens: Any) -> Any:
    return product(tokens, weight)


def _packed(product: Any, weight: Any, tokens: Any) -> Any:
    return product(tokens, weight, None, "none", [], "")


def _each(way: Callable[[Any], Any], parts: Sequence[Any], repeats: int) -> tuple[float, float]:
    def all_of_them() -> None:
        for part in parts:
            way(part)

    all_of_them()
    taken = [seconds(all_of_them)[:2] for _ in range(repeats)]
    return min(cpu for cpu, _ in taken), min(wall for _, wall in taken)


def grown(
    folder: str,
    items: int,
    choices: int = 4,
    context: int = 100,
    prefix: int = 0,
    width: int = 384,
    layers: int = 6,
) -> dict[str, Any]:
    """Weigh items of a given size on a model of a given size, of Llama's kind."""
    from transformers import LlamaConfig

    words = words_of(Path(folder))
    requests = grown_requests(words, items, choices, context, prefix)
    config = LlamaConfig(
        vocab_size=8192,
        hidden_size=width,
        intermediate_size=8 * width // 3,
        num_hidden_layers=layers,
        num_attention_heads=max(2, width // 64),
        num_key_value_heads=max(2, width // 64) // 2,
        max_position_embeddings=4096,
        initializer_range=0.08,
    )
    with tempfile.TemporaryDirectory() as made:
        return _weighed(save_random(config, Path(folder) / "model", Path(made)), requests) | {"answers": []}


def many(items: int, tokens: int = 200, choices: int = 2) -> dict[str, Any]:
    """Score many items on a very small model: by how many MiB the resident size rises once it is loaded.

    The items themselves are made after loading, so they count too. Choices are two tokens, so that no two of
    them can be read off the same tokens.
    """
    words = [f"w{number}" for number in range(4096)]
    draw = random.Random(0)

    def scored() -> int:
        asked = [
            Item(str(n), _text(draw, words, tokens), tuple(" " + _text(draw, words, 2) for _ in range(choices)), 0)
            for n in range(items)
        ]
        return len(score(model, asked, progress=False))

    with tempfile.TemporaryDirectory() as folder:
        model = load_model(_tiny(Path(folder), words, tokens), device="cpu", dtype="float32")
    model.log_likelihoods([Request("warm", "w1 w2", " w3")] * _WARM)
    rise, (cpu, _, number) = memory(lambda: seconds(scored))
    return {"items": number, "memory": rise, "cpu": cpu}


def _text(draw: random.Random, words: Sequence[str], count: int) -> str:
    return " ".join(draw.choices(words, k=count))


def _tiny(folder: Path, words: list[str], tokens: int) -> Path:
    """Save a model of one narrow layer whose tokens are words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(["<|endoftext|>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|endoftext|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>").save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(vocabulary),
        n_positions=tokens + 8,
        n_embd=8,
        n_layer=1,
        n_head=1,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def profile(folder: str, model: str, task: str, items: int, rows: int) -> dict[str, Any]:
    """Say which operators take the time, each without those that it calls; the recorder knows only the clock."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as recording

    requests = requests_of(Path(folder), task, items)
    loaded = load_model(Path(folder) / MODELS[model], device="cpu", dtype="float32")
    loaded.log_likelihoods(requests[:_WARM])
    with recording(activities=[ProfilerActivity.CPU]) as seen:
        _, wall, _ = seconds(lambda: loaded.log_likelihoods(requests))
    operators = sorted(seen.key_averages(), key=lambda each: each.self_cpu_time_total, reverse=True)
    return {
        "wall": wall,
        "operators": [(each.key, each.self_cpu_time_total / 1e6, each.count) for each in operators[:rows]],
        "all": sum(each.self_cpu_time_total for each in operators) / 1e6,
    }


SUBJECTS: dict[str, Callable[..., dict[str, Any]]] = {
    "ours": ours,
    "lm_eval": lm_eval,
    "gemm": gemm,
    "grown": grown,
    "many": many,
    "profile": profile,
}


@contextmanager
def _quiet() -> Any:
    """Send what libraries print to standard error."""
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)


def main() -> None:
    """Measure one subject and print the result."""
    name, arguments = sys.argv[1:]
    with _quiet():
        result = SUBJECTS[name](**json.loads(arguments))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
