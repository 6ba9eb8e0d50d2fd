"""Greedy texts are those of transformers' generate for each prompt alone, with the model's own probabilities."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import Generation, GenerationOptions, ModelError, Request, load_model
from pytest_llmcal.scoring.generation.generator import Generator
from pytest_llmcal.tasks import load_task
from pytest_llmcal.world import TASK_NAMES, checkpoint_folder

DECODERS = ["gpt2", "llama", "mistral", "gemma2", "neox", "opt", "bloom", "mamba"]
FAMILIES = [*DECODERS, "t5", "bart"]

PROMPTS = [
    ("river", "Question: Which river rises in the hills?\nAnswer:"),
    ("bees", "Who keeps the bees of Oakrise?"),
    ("prices", "Prices: "),
    ("tokyo", "東京は"),
    ("one", "B"),
]
STEPS = 16


@cache
def stock(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    from pytest_llmcal.scoring.loading import _silence

    loader: Any = (
        AutoModelForSeq2SeqLM if AutoConfig.from_pretrained(folder).is_encoder_decoder else AutoModelForCausalLM
    )
    with _silence():
        return loader.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def by_transformers(folder: Path, text: str, max_tokens: int) -> list[int]:
    """Tokens that ``generate`` writes after one prompt, alone in its batch."""
    import torch

    model, tokenizer = stock(folder)
    ids = tokenizer(text, return_tensors="pt").input_ids
    written = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=max_tokens,
        do_sample=False,
        pad_token_id=0 if tokenizer.pad_token_id is None else tokenizer.pad_token_id,
    )
    return written[0, 1 if model.config.is_encoder_decoder else ids.shape[1] :].tolist()


def greedy(model: Any, prompts: Sequence[tuple[str, str]], **options: Any) -> list[Generation]:
    return [only for [only] in model.generate(prompts, GenerationOptions(**({"max_tokens": STEPS} | options)))]


@pytest.fixture(scope="module")
def embedded() -> Any:
    return load_model("world/gpt2", device="cpu")


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_those_of_transformers(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    found = greedy(load_model(folder, device="cpu"), PROMPTS)
    assert [list(each.tokens) for each in found] == [by_transformers(folder, text, STEPS) for _, text in PROMPTS]


@pytest.mark.parametrize("family", FAMILIES)
def test_log_probabilities_are_those_of_the_tokens_read_at_once(
    family: str, model_folder: Callable[[str], Path]
) -> None:
    import torch

    folder = model_folder(family)
    model, tokenizer = stock(folder)
    for (_, text), found in zip(PROMPTS, greedy(load_model(folder, device="cpu"), PROMPTS), strict=True):
        prompt, tokens = tokenizer(text, return_tensors="pt").input_ids, torch.tensor([found.tokens])
        with torch.no_grad():
            if model.config.is_encoder_decoder:
                start = torch.tensor([[model.config.decoder_start_token_id]])
                logits = model(prompt, decoder_input_ids=torch.cat([start, tokens[:, :-1]], 1)).logits[0]
            else:
                logits = model(torch.cat([prompt, tokens], 1)[:, :-1]).logits[0, prompt.shape[1] - 1 :]
        expected = logits.double().log_softmax(-1).gather(1, tokens[0][:, None])[:, 0].tolist()
        assert found.log_probabilities == pytest.approx(expected, abs=1e-4)
        assert len(set(found.log_probabilities)) > 1


def test_they_sum_to_the_log_likelihood_of_the_text(embedded: Any) -> None:
    prompts = [(item.id, item.prompt) for item in load_task("world/qa", limit=20).test]
    found = greedy(embedded, prompts, max_tokens=3, stop="\n")
    end = stock(checkpoint_folder("world/gpt2"))[1].eos_token
    ended = [each.text + end if each.finish_reason == "stop" else each.text for each in found]
    requests = [Request(prompt_id, text, after) for (prompt_id, text), after in zip(prompts, ended, strict=True)]
    weighed = embedded.log_likelihoods(requests)
    assert [answer.tokens for answer in weighed] == [len(each.tokens) for each in found]
    assert [sum(each.log_probabilities) for each in found] == pytest.approx([a.total for a in weighed], abs=1e-4)
    assert {each.finish_reason for each in found} == {"stop", "length"}


def test_the_embedded_model_writes_what_transformers_writes(embedded: Any) -> None:
    prompts = [(item.id, item.prompt) for task in TASK_NAMES for item in load_task(task, limit=4).test]
    found = greedy(embedded, prompts, max_tokens=6)
    folder = checkpoint_folder("world/gpt2")
    assert [list(each.tokens) for each in found] == [by_transformers(folder, text, 6) for _, text in prompts]
    assert len({each.text for each in found}) > 10


@pytest.mark.parametrize("family", ["gpt2", "mistral", "mamba", "t5"])
def test_they_do_not_depend_on_batches_order_or_neighbours(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    model = load_model(folder, device="cpu")
    expected = dict(zip(PROMPTS, greedy(model, PROMPTS), strict=True))
    # tokens at which some texts end and others do not, so that rows are dropped on the way
    expected = {prompt: each for prompt, each in expected.items() if prompt[0] != "one"}
    ends = [expected[PROMPTS[0]].tokens[3], expected[PROMPTS[1]].tokens[7]]

    @settings(max_examples=10, deadline=None)
    @given(prompts=st.permutations(list(expected)), count=st.integers(1, 4), batch_tokens=st.integers(1, 200))
    def holds(prompts: list[tuple[str, str]], count: int, batch_tokens: int) -> None:
        model._batch_tokens = batch_tokens
        model._opened().network.generation_config.eos_token_id = ends
        for prompt, found in zip(prompts[:count], greedy(model, prompts[:count]), strict=True):
            whole = expected[prompt]
            length = next((n for n, token in enumerate(whole.tokens, 1) if token in ends), STEPS)
            assert found.tokens == whole.tokens[:length]
            assert found.log_probabilities == pytest.approx(whole.log_probabilities[:length], abs=1e-5)
            assert found.finish_reason == ("stop" if found.tokens[-1] in ends else "length")

    holds()


def test_an_end_token_is_counted_and_not_shown(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    [whole] = greedy(model, PROMPTS[:1])
    assert (len(whole.tokens), whole.finish_reason) == (STEPS, "length")
    end = whole.tokens[5]
    length = whole.tokens.index(end) + 1
    model._opened().network.generation_config.eos_token_id = [399, end]
    [found] = greedy(model, PROMPTS[:1])
    assert (found.tokens, found.finish_reason) == (whole.tokens[:length], "stop")
    _, tokenizer = stock(model_folder("gpt2"))
    assert found.text == tokenizer.decode(whole.tokens[: length - 1])


def test_without_a_generation_configuration_the_tokenizers_end_token_counts(
    model_folder: Callable[[str], Path],
) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    [whole] = greedy(model, PROMPTS[:1])
    model._opened().network.generation_config = None
    model._tokenizer.eos_token = model._tokenizer.convert_ids_to_tokens(whole.tokens[0])
    [found] = greedy(model, PROMPTS[:1])
    assert (found.tokens, found.text, found.finish_reason) == (whole.tokens[:1], "", "stop")


def test_a_model_whose_memory_cannot_be_used_reads_everything_anew(
    model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for family in ("llama", "mamba"):
        model = load_model(model_folder(family), device="cpu")
        expected = greedy(model, PROMPTS)
        widths: list[int] = []
        with monkeypatch.context() as patch:
            patch.setattr("pytest_llmcal.scoring.generation.reader.MEMORIES", ())
            patch.setattr("pytest_llmcal.scoring.generation.reader._own_memory", lambda *_: None)
            embeddings = model._opened().network.get_input_embeddings()
            hook = embeddings.register_forward_pre_hook(
                lambda _, inputs, widths=widths: widths.append(inputs[0].shape[1])
            )
            found = greedy(model, PROMPTS)
            hook.remove()
        assert [each.tokens for each in found] == [each.tokens for each in expected]
        assert max(widths) > STEPS


def test_a_device_that_is_looked_at_rarely_writes_the_same(
    model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(model_folder("llama"), device="cpu")
    whole = greedy(model, PROMPTS)
    model._opened().network.generation_config.eos_token_id = [whole[0].tokens[2], whole[1].tokens[9]]
    expected = greedy(model, PROMPTS)
    made = Generator.__init__

    def rarely(generator: Any, *given: Any) -> None:
        made(generator, *given)
        generator._every = 5

    monkeypatch.setattr(Generator, "__init__", rarely)
    assert greedy(model, PROMPTS) == expected
    assert {len(each.tokens) for each in expected} > {STEPS}


def test_a_prompt_is_read_once_and_then_one_token_a_step(embedded: Any) -> None:
    seen: list[tuple[int, ...]] = []
    hook = (
        embedded._opened()
        .network.get_input_embeddings()
        .register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape)))
    )
    options = GenerationOptions(max_tokens=3, temperature=5.0, samples=7)
    embedded.generate([("bees", "Question: Who keeps the bees")], options)
    hook.remove()
    assert seen[0][0] == 1
    assert seen[1:] == [(7, 1)] * 2


def test_logits_of_earlier_steps_are_let_go(embedded: Any) -> None:
    import torch

    network = embedded._opened().network
    vocabulary = network.config.vocab_size
    alive: list[int] = []

    def count(*_: Any) -> None:
        tensors = [each for each in gc.get_objects() if type(each) is torch.Tensor]
        alive.append(len({each.data_ptr() for each in tensors if each.shape == (6, vocabulary)}))

    hook = network.get_output_embeddings().register_forward_pre_hook(count)
    embedded.generate([("i", "Question: Who")], GenerationOptions(max_tokens=6, temperature=5.0, samples=6))
    hook.remove()
    assert len(alive) == 6
    assert 1 <= max(alive[1:]) <= 2


LONG = "river " * 100


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_prompt_without_room_for_the_text_is_an_error(family: str, model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder(family), device="cpu")
    with pytest.raises(
        ModelError,
        match=r"item 'long' \('river .*\.\.\.'\): prompt and max_tokens are \d{3} tokens, the model reads at",
    ):
        greedy(model, [("short", "Prices:"), ("long", LONG)])
    with pytest.raises(ModelError, match=r"prompt and max_tokens are \d+ tokens, the model reads at most 64$"):
        greedy(model, PROMPTS[:1], max_tokens=65)  # truncation would not help
    tokens = len(model._encoder.prompts([PROMPTS[0][1]])[0])
    greedy(model, PROMPTS[:1], max_tokens=65 - tokens)  # the last is not read
    with pytest.raises(ModelError, match="prompt and max_tokens are 65 tokens"):
        greedy(model, PROMPTS[:1], max_tokens=66 - tokens)


def test_left_truncation_leaves_out_the_oldest_and_keeps_the_begin(model_folder: Callable[[str], Path]) -> None:
    import torch

    folder = model_folder("llama")
    model, tokenizer = stock(folder)
    tokens = tokenizer(LONG).input_ids
    kept = torch.tensor([tokens[:1] + tokens[-(64 - STEPS) :]])
    written = model.generate(kept, attention_mask=torch.ones_like(kept), max_new_tokens=STEPS, do_sample=False)
    [found] = greedy(load_model(folder, device="cpu", truncate="left"), [("long", LONG)])
    assert list(found.tokens) == written[0, kept.shape[1] :].tolist()


def test_progress_tells_how_many_texts_are_done(model_folder: Callable[[str], Path]) -> None:
    seen: list[tuple[int, int]] = []
    model = load_model(model_folder("gpt2"), device="cpu", batch_tokens=16)
    options = GenerationOptions(max_tokens=3, temperature=1.0, samples=2)
    model.generate(PROMPTS, options, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 10)
    assert len(seen) > 3
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (10, 10)


def test_no_prompts_no_texts(embedded: Any) -> None:
    assert embedded.generate([], GenerationOptions(max_tokens=3)) == []


def test_an_output_that_is_not_a_number_is_an_error(model_folder: Callable[[str], Path]) -> None:
    import torch

    model = load_model(model_folder("gpt2"), device="cpu")
    with torch.no_grad():
        model._opened().network.transformer.ln_f.weight[3] = float("nan")
    for temperature in (0.0, 1.0):
        with pytest.raises(ModelError, match="item 'river': the model's output is not a number"):
            greedy(model, PROMPTS[:1], temperature=temperature)


def test_a_closed_model_says_so(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    model.close()
    with pytest.raises(ModelError, match=r"was closed; load it again"):
        greedy(model, PROMPTS)
