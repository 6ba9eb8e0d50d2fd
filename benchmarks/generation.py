"""How many tokens a second are generated, beside ``generate`` of transformers on the same batch.

    python -m benchmarks.generation [--repeats 5] [--model FOLDER ...]

Both write the same number of tokens after the same prompts in one batch, on one thread, turn by turn: greedily, and 20
samples of each prompt (for transformers, ``num_return_sequences``). Ours also gives the log-probability of every token.
The models have no end token here, so that none stops early. The rates are of the least processor time, the ratio is
the median of those of each turn: a busy neighbour slows both sides of a turn alike. Besides the embedded model, a GPT-2
and a Llama of about 14 million random weights are made, and folders may be named.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, NamedTuple

import torch

from pytest_llmcal import load_model
from pytest_llmcal.scoring import GenerationOptions
from pytest_llmcal.scoring.generation.generator import Generator

SAMPLES = 20


class Case(NamedTuple):
    """A batch: prompts of some lengths, and how much is written after each."""

    name: str
    prompts: list[tuple[str, tuple[int, ...]]]
    options: GenerationOptions


def models(folders: list[str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield names, models and tokenizers."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    for name in ["world/gpt2", *folders]:
        with load_model(name, device="cpu").lent() as (network, tokenizer):
            yield name, network, tokenizer
    torch.manual_seed(0)
    gpt2 = GPT2LMHeadModel(GPT2Config(vocab_size=8192, n_embd=384, n_layer=6, n_head=6, bos_token_id=1, eos_token_id=1))
    yield "GPT-2, 14M", gpt2.eval(), tokenizer
    llama = LlamaConfig(
        vocab_size=8192,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=6,
        num_key_value_heads=2,
        intermediate_size=1024,
        tie_word_embeddings=True,
    )
    yield "Llama, 13M", LlamaForCausalLM(llama).eval(), tokenizer


def cases(network: Any) -> Iterator[Case]:
    """Make batches that fit the model."""
    limit = network.config.max_position_embeddings
    long, steps = (24, 32) if limit < 256 else (120, 32)
    generator = torch.Generator().manual_seed(0)

    def prompts(number: int, shortest: int) -> list[tuple[str, tuple[int, ...]]]:
        lengths = torch.randint(shortest, long + 1, (number,), generator=generator).tolist()
        drawn = [torch.randint(3, network.config.vocab_size, (n,), generator=generator).tolist() for n in lengths]
        return [(str(place), tuple(tokens)) for place, tokens in enumerate(drawn)]

    yield Case("greedy, 16 prompts", prompts(16, long // 2), GenerationOptions(steps))
    yield Case("greedy, 16 of one length", prompts(16, long), GenerationOptions(steps))
    sampled = GenerationOptions(steps, temperature=1.0, samples=SAMPLES)
    yield Case(f"{SAMPLES} samples of 2 prompts", prompts(2, long // 2), sampled)
    yield Case(f"{SAMPLES} samples of 1 prompt", prompts(1, long), sampled)
    nucleus = GenerationOptions(steps, temperature=0.7, top_p=0.9, samples=SAMPLES)
    yield Case(f"the same, top_p={nucleus.top_p}", prompts(1, long), nucleus)


def ours(network: Any, tokenizer: Any, case: Case) -> Callable[[], int]:
    """Return what generates by this package and counts tokens."""
    generator = Generator(network, tokenizer, batch_tokens=10**6)

    def run() -> int:
        return sum(len(each.tokens) for row in generator.generate(case.prompts, case.options) for each in row)

    return run


def theirs(network: Any, case: Case) -> Callable[[], int]:
    """Return what generates by transformers and counts tokens."""
    width = max(len(tokens) for _, tokens in case.prompts)
    ids = torch.tensor([(0,) * (width - len(tokens)) + tokens for _, tokens in case.prompts])
    mask = torch.tensor([(0,) * (width - len(tokens)) + (1,) * len(tokens) for _, tokens in case.prompts])
    options: dict[str, Any] = {"max_new_tokens": case.options.max_tokens, "do_sample": False, "pad_token_id": 0}
    if case.options.temperature > 0:
        options |= {
            "do_sample": True,
            "temperature": case.options.temperature,
            "top_p": case.options.top_p,
            "top_k": 0,
            "num_return_sequences": case.options.samples,
        }

    def run() -> int:
        written = network.generate(ids, attention_mask=mask, **options)
        return int(written[:, width:].numel())

    return run


def processor_seconds(run: Callable[[], int]) -> tuple[float, int]:
    """Return what one call takes, and the tokens it gives."""
    start = time.process_time()
    tokens = run()
    return time.process_time() - start, tokens


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--model", action="append", default=[], help="a folder, besides those that are always run")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| model | batch | tokens/s, ours | transformers | ratio |\n|---|---|---|---|---|")
    for name, network, tokenizer in models(arguments.model):
        network.generation_config.eos_token_id = network.config.vocab_size  # none that it can write
        for case in cases(network):
            runs = ours(network, tokenizer, case), theirs(network, case)
            for run in runs:
                run()
            taken = [[processor_seconds(run) for run in runs] for _ in range(arguments.repeats)]
            mine, other = (max(tokens / seconds for seconds, tokens in column) for column in zip(*taken, strict=True))
            ratio = median(second[0] / first[0] for first, second in taken)
            print(f"| {name} | {case.name} | {mine:,.0f} | {other:,.0f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
