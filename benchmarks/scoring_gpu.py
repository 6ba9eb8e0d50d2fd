"""How fast models of 0.1, 1.5 and 7 billion weights are asked on a GPU, and how much of the GPU that uses.

    python -m benchmarks.scoring_gpu [--sizes 0.1 1.5 7] [--items 2000]

Models of Llama's shape with random weights are made on the device in bfloat16; nothing is downloaded. Each is asked
items of about 121 tokens with four choices of one to eight, and the same behind a prefix of 520 tokens that all share.

"tokens/s" counts the tokens that no scorer can do without: each context once, of each choice all but the last token,
and the shared prefix once. "MFU" is the multiply-adds of those tokens (matrix products and attention, logits where a
choice's token is scored) in a second, over the rate of a large matrix product measured in the same run: a scorer that
runs a token twice has half of it. "not in kernels" is the share of the wall time in which the device ran nothing,
by torch.profiler over a tenth of the items. "memory" is the most that was allocated, the model's own beside it.

With ``--device cpu --sizes tiny`` the same runs anywhere, in float32, to see that it does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from benchmarks._scoring_gpu_data import Writer, prefix_of, tokenizer_of
from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring import Request
from pytest_llmcal.tasks import Item

GIB = 2**30
PREFIX = 520


class Shape(NamedTuple):
    """A decoder's size, and the most tokens that its tokenizer knows."""

    width: int
    inner: int
    layers: int
    heads: int
    key_heads: int
    vocabulary: int
    tokens: int = 8192


SIZES = {
    "tiny": Shape(64, 128, 2, 4, 2, 1024, 1024),
    "0.1": Shape(768, 2048, 12, 12, 12, 32_000),
    "1.5": Shape(2048, 5632, 30, 32, 4, 32_000),
    "7": Shape(4096, 11_008, 32, 32, 32, 32_000),
}


class Work(NamedTuple):
    """What cannot be done without: tokens run, positions scored, positions looked back on."""

    tokens: int
    scored: int
    looks: int


class Seen(NamedTuple):
    """What one model took for one kind of items."""

    size: str
    task: str
    requests: int
    work: Work
    seconds: float
    operations: float
    memory: float
    own_memory: float
    idle: float | None


def work_of(encoded: Sequence[Sequence[tuple[Sequence[int], Sequence[int]]]], shared: int) -> Work:
    """Count what items need, of which ``shared`` tokens at the beginning are the same for all.

    >>> work_of([[((1, 2, 3), (4,)), ((1, 2, 3), (5, 6))], [((1, 2, 9), (4,))]], shared=2)
    Work(tokens=5, scored=3, looks=13)
    """
    tokens, scored, looks = shared, 0, _looks(0, shared)
    for pairs in encoded:
        length = len(pairs[0][0])
        tokens += length - shared
        looks += _looks(shared, length)
        for _, choice in pairs:
            tokens += len(choice) - 1
            looks += _looks(length, length + len(choice) - 1)
        # all choices begin at the last token of the context
        scored += 1 + sum(len(choice) - 1 for _, choice in pairs)
    return Work(tokens, scored, looks)


def _looks(start: int, stop: int) -> int:
    return sum(range(start + 1, stop + 1))


def operations(shape: Shape, work: Work) -> float:
    """Floating-point operations of the work: two a multiply-add."""
    keys = shape.width // shape.heads * shape.key_heads
    weights = 2 * shape.width**2 + 2 * shape.width * keys + 3 * shape.width * shape.inner
    layer = work.tokens * weights + 2 * work.looks * shape.width
    return 2.0 * (shape.layers * layer + work.scored * shape.width * shape.vocabulary)


@contextmanager
def made_here(device: str, dtype: Any) -> Iterator[None]:
    """Make tensors on a device and in a number format, for the span of a ``with`` block."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def model_of(size: str, tokenizer: Any, device: str) -> Any:
    """Return a model of random weights, ready to be asked."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    from pytest_llmcal.scoring.huggingface import HuggingFaceModel
    from pytest_llmcal.scoring.loading import batch_tokens_of

    shape = SIZES[size]
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads,
        max_position_embeddings=4096,
        tie_word_embeddings=size == "0.1",
    )
    dtype = dtype_on(device)
    torch.manual_seed(0)
    with made_here(device, dtype):
        network = AutoModelForCausalLM.from_config(config).eval()
    facts = ModelFacts(
        name=f"random-{size}",
        revision="0",
        dtype=str(dtype).removeprefix("torch."),
        device=str(network.device),
        parameters=sum(weight.numel() for weight in network.parameters()),
    )
    return HuggingFaceModel(
        network, tokenizer, facts, limit=4096, batch_tokens=batch_tokens_of(network, torch.device(device))
    )


def dtype_on(device: str) -> Any:
    """Return the number format of a device: bfloat16, and float32 on the CPU."""
    import torch

    return torch.float32 if device == "cpu" else torch.bfloat16


def synchronize(device: str) -> None:
    """Wait until a device has done what it was told."""
    import torch

    if device != "cpu":
        torch.cuda.synchronize(device)


def product_rate(device: str, width: int) -> float:
    """Floating-point operations a second of the product of two square matrices, the best of five."""
    import torch

    one, other = (torch.randn(width, width, device=device, dtype=dtype_on(device)) for _ in range(2))
    best = float("inf")
    for _ in range(6):  # the first of them finds an algorithm
        synchronize(device)
        begin = time.perf_counter()
        for _ in range(5):
            one @ other
        synchronize(device)
        best = min(best, time.perf_counter() - begin)
    return 5 * 2.0 * width**3 / best


def idle_share(model: Any, requests: Sequence[Request], device: str) -> float | None:
    """Share of the wall time in which the device ran no kernel; None on the CPU, which is never without work."""
    from torch.profiler import ProfilerActivity, profile

    if device == "cpu":
        return None
    synchronize(device)
    with profile(activities=[ProfilerActivity.CUDA]) as watched:
        begin = time.perf_counter()
        model.log_likelihoods(requests)
        synchronize(device)
        wall = time.perf_counter() - begin
    busy = sum(event.self_device_time_total for event in watched.key_averages()) / 1e6
    return max(0.0, 1.0 - busy / wall)


def measure(size: str, task: str, model: Any, items: Sequence[Item], shared: int, device: str) -> Seen:
    """Ask a model all items once, after a few to warm up."""
    import torch

    requests = [Request(item.id, item.prompt, choice) for item in items for choice in item.choices]
    work = work_of(model.encoded(items), shared)
    model.log_likelihoods(requests[: max(4, len(requests) // 10)])
    own = peak = 0
    if device != "cpu":
        own = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
    synchronize(device)
    begin = time.perf_counter()
    model.log_likelihoods(requests)
    synchronize(device)
    seconds = time.perf_counter() - begin
    if device != "cpu":
        peak = torch.cuda.max_memory_allocated(device)
    idle = idle_share(model, requests[: max(4, len(requests) // 10)], device)
    return Seen(size, task, len(requests), work, seconds, operations(SIZES[size], work), peak / GIB, own / GIB, idle)


def common(encoded: Sequence[Sequence[tuple[Sequence[int], Sequence[int]]]]) -> int:
    """Count the tokens that all contexts begin with."""
    contexts = [pairs[0][0] for pairs in encoded]
    shared = 0
    for column in zip(*contexts, strict=False):
        if len(set(column)) > 1:
            break
        shared += 1
    return shared


def rows(sizes: Sequence[str], count: int, device: str) -> Iterator[Seen]:
    """Measure each size on both kinds of items, one model in memory at a time."""
    for size in sizes:
        writer = Writer()
        tokenizer = tokenizer_of(writer, SIZES[size].tokens)
        prefix = prefix_of(writer, tokenizer, PREFIX)
        model = model_of(size, tokenizer, device)
        for task, before in (("apart", ""), ("behind a prefix", prefix)):
            items = [writer.item(f"{task} {number}", before) for number in range(count)]
            shared = common(model.encoded(items)) if before else 0
            yield measure(size, task, model, items, shared, device)
        model.close()


def line(seen: Seen, rate: float) -> str:
    """Lay a row of the table out."""
    speed = seen.operations / seen.seconds
    cells = [
        seen.size,
        seen.task,
        f"{seen.requests / seen.seconds:,.0f}",
        f"{seen.work.tokens / seen.seconds:,.0f}",
        f"{speed / rate:.1%}",
        f"{seen.memory:.2f} ({seen.own_memory:.2f})" if seen.memory else "-",
        "-" if seen.idle is None else f"{seen.idle:.0%}",
    ]
    return f"| {' | '.join(cells)} |"


HEAD = "| weights, 1e9 | items | requests/s | tokens/s | MFU | memory, GiB (the model's) | not in kernels |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["0.1", "1.5", "7"])
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--device", default="cuda:0")
    options = parser.parse_args(arguments)
    if options.device != "cpu" and not torch.cuda.is_available():
        print("PyTorch finds no CUDA device here, so there are no figures; --device cpu --sizes tiny tries it out")
        return 0
    on_cpu = options.device == "cpu"
    name = "the CPU" if on_cpu else torch.cuda.get_device_name(options.device)
    rate = product_rate(options.device, 512 if on_cpu else 8192)
    measured = f"a product in {dtype_on(options.device)} runs at {rate / 1e12:.3g} TFLOP/s"
    print(f"torch {torch.__version__} on {name}: {measured}")
    print(f"{HEAD}\n|{'---|' * HEAD.count(' | ')}---|", flush=True)
    for seen in rows(options.sizes, options.items, options.device):
        print(line(seen, rate), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
