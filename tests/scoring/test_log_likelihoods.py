"""The log-likelihood of a choice is that of its tokens, one at a time, whatever runs beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import Model, ModelError, Request, load_model

FAMILIES = ["gpt2", "llama", "mistral", "gemma2", "cohere", "granite", "neox", "opt", "bloom", "mamba"]

CONTEXTS = [
    "Question: Which river rises in the hills?\nAnswer:",
    "Who keeps the bees of Oakrise? The miller's daughter does. Who else?",
    "Prices:",
    "Prices: ",
    "東京は",
    "",
]
CHOICES = [" the old town", " B", " B.", " 12.50", "🙂", " the miller's daughter and the baker", "\nAnswer", " Straße"]
REQUESTS = [Request(f"i{n}", context, choice) for n, context in enumerate(CONTEXTS) for choice in CHOICES]


def one_at_a_time(folder: Path, request: Request) -> float:
    """Sum of log-probabilities of a choice's tokens: one unpadded row, all logits, tokens as lm_eval cuts them."""
    model, tokenizer = stock(folder)
    import torch

    spaces = len(request.context) - len(request.context.rstrip())
    context, choice = request.context, request.continuation
    if spaces:
        context, choice = context[:-spaces], context[-spaces:] + choice
    before = tokenizer(context, add_special_tokens=False).input_ids
    whole = tokenizer(context + choice, add_special_tokens=False).input_ids
    targets = whole[len(before) :]
    begin = (
        [tokenizer.bos_token_id] if tokenizer.bos_token_id is not None else [] if before else [tokenizer.eos_token_id]
    )
    tokens = torch.tensor([(begin + before + targets)[:-1]])
    with torch.no_grad():
        logits = model(input_ids=tokens).logits[0].double()
    spoken = logits.log_softmax(-1)[-len(targets) :]
    return float(spoken.gather(1, torch.tensor(targets)[:, None]).sum())


@cache
def stock(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from pytest_llmcal.scoring.loading import _silence

    with _silence():
        return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def totals(model: Model, requests: list[Request]) -> list[float]:
    return [answer.total for answer in model.log_likelihoods(requests)]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_that_of_the_tokens_one_at_a_time(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    expected = [one_at_a_time(folder, request) for request in REQUESTS]
    assert totals(load_model(folder, device="cpu"), REQUESTS) == pytest.approx(expected, abs=1e-5, rel=1e-6)
    assert len({round(each, 3) for each in expected}) > 30  # the models tell the choices apart


@pytest.mark.parametrize("family", ["gpt2", "llama", "mistral", "mamba"])
def test_it_does_not_depend_on_batches_order_or_neighbours(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    expected = dict(zip(REQUESTS, totals(load_model(folder, device="cpu"), REQUESTS), strict=True))

    @settings(max_examples=15, deadline=None)
    @given(requests=st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=60), batch_tokens=st.integers(1, 600))
    def holds(requests: list[Request], batch_tokens: int) -> None:
        found = totals(load_model(folder, device="cpu", batch_tokens=batch_tokens), requests)
        assert found == pytest.approx([expected[request] for request in requests], abs=1e-5, rel=1e-6)

    holds()


@pytest.mark.parametrize("family", ["gpt2", "gemma2"])
def test_logits_are_computed_where_a_token_is_scored_and_nowhere_else(
    family: str, model_folder: Callable[[str], Path]
) -> None:
    model = load_model(model_folder(family), device="cpu")
    seen: list[int] = []
    model.log_likelihoods(REQUESTS[:1])  # the path is decided at the first question
    head = model._engine._network.get_output_embeddings()  # type: ignore[attr-defined]
    head.register_forward_hook(lambda _, __, logits: seen.append(logits.shape[0] * logits.shape[1]))
    [answer] = model.log_likelihoods([Request("i", CONTEXTS[0], CHOICES[0])])
    assert seen == [answer.tokens]


def test_a_head_that_is_called_otherwise_costs_time_and_not_the_result(model_folder: Callable[[str], Path]) -> None:
    import torch

    folder = model_folder("gpt2")
    model = load_model(folder, device="cpu")
    expected = totals(model, REQUESTS)
    inner = model._engine.as_it_was()  # type: ignore[attr-defined]

    def forward(input_ids: Any, position_ids: Any, attention_mask: Any = None, **_: Any) -> Any:
        hidden = inner.transformer(
            input_ids, attention_mask=attention_mask, position_ids=position_ids
        ).last_hidden_state
        logits = torch.nn.functional.linear(hidden, inner.lm_head.weight)
        return type("Output", (), {"logits": logits})()

    inner.forward = forward
    assert totals(model, REQUESTS) == pytest.approx(expected, abs=1e-5)


def test_the_answer_counts_the_tokens_of_the_choice(model_folder: Callable[[str], Path]) -> None:
    folder = model_folder("gpt2")
    _, tokenizer = stock(folder)
    answers = load_model(folder, device="cpu").log_likelihoods([Request("i", "Prices:", choice) for choice in CHOICES])
    assert [answer.tokens for answer in answers] == [
        len(tokenizer("Prices:" + choice).input_ids) - len(tokenizer("Prices:").input_ids) for choice in CHOICES
    ]


def test_no_requests_no_answers(model_folder: Callable[[str], Path]) -> None:
    assert load_model(model_folder("gpt2"), device="cpu").log_likelihoods([]) == []


def test_progress_tells_how_many_requests_are_done(model_folder: Callable[[str], Path]) -> None:
    seen: list[tuple[int, int]] = []
    model = load_model(model_folder("gpt2"), device="cpu", batch_tokens=16)
    model.log_likelihoods(REQUESTS, lambda done, total: seen.append((done, total)))
    assert len(seen) > 5
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {len(REQUESTS)}
    assert seen[-1] == (len(REQUESTS), len(REQUESTS))


def test_many_requests_are_taken_in_parts_that_leave_items_whole(
    model_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    whole = totals(model, REQUESTS)
    monkeypatch.setattr("pytest_llmcal.scoring.huggingface._REQUESTS_AT_ONCE", 2)
    seen: list[tuple[int, int]] = []
    answers = model.log_likelihoods(REQUESTS, lambda done, total: seen.append((done, total)))
    assert [answer.total for answer in answers] == pytest.approx(whole, abs=1e-5)
    assert {total for _, total in seen} == {len(REQUESTS)}
    begun = [
        request.item for request, before in zip(REQUESTS[1:], REQUESTS, strict=False) if request.item != before.item
    ]
    assert len({done for done, _ in seen}) >= len(begun) / 2


LONG = "river " * 100


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_prompt_beyond_the_context_is_an_error_with_item_length_and_limit(
    family: str, model_folder: Callable[[str], Path]
) -> None:
    model = load_model(model_folder(family), device="cpu")
    with pytest.raises(
        ModelError, match=r"item 'long' \('river .*\.\.\.'\): prompt and choice are \d{3} tokens, the model"
    ):
        model.log_likelihoods([Request("short", "Prices:", " 3"), Request("long", LONG, " 3")])


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_the_limit_itself_still_fits(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    _, tokenizer = stock(folder)
    model = load_model(folder, device="cpu")
    contexts = ("river " * words + "B" * letters for words in range(64) for letters in range(1, 9))
    fitting = next(each for each in contexts if len(tokenizer(each + " B").input_ids) == 65)  # the last is not read
    [answer] = model.log_likelihoods([Request("fits", fitting, " B")])
    assert answer.total == pytest.approx(one_at_a_time(folder, Request("fits", fitting, " B")), abs=1e-5)
    with pytest.raises(
        ModelError, match=r"prompt and choice are \d\d tokens, the model reads at most 64; truncate=\"left\""
    ):
        model.log_likelihoods([Request("more", "A. B. C. " + fitting, " B")])


def test_left_truncation_leaves_out_the_oldest_and_keeps_the_begin(model_folder: Callable[[str], Path]) -> None:
    import torch

    for family, begin in (("gpt2", 0), ("llama", 1)):
        folder = model_folder(family)
        stock_model, tokenizer = stock(folder)
        whole = tokenizer(LONG.rstrip() + " 3").input_ids
        before = tokenizer(LONG.rstrip()).input_ids
        targets = whole[len(before) :]
        kept = [*before[:begin], *before[-(64 - begin - len(targets) + 1) :], *targets]
        assert len(kept) - 1 == 64
        with torch.no_grad():
            spoken = stock_model(torch.tensor([kept[:-1]])).logits[0].double().log_softmax(-1)[-len(targets) :]
        expected = float(spoken.gather(1, torch.tensor(targets)[:, None]).sum())
        [answer] = load_model(folder, device="cpu", truncate="left").log_likelihoods(
            [Request("i", LONG.rstrip(), " 3")]
        )
        assert answer.total == pytest.approx(expected, abs=1e-5)


def test_a_choice_beyond_the_context_cannot_be_truncated(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu", truncate="left")
    with pytest.raises(
        ModelError, match=r"item 'i' \('x'\): prompt and choice are \d+ tokens, the model reads at most 64$"
    ):
        model.log_likelihoods([Request("i", "x", " " + LONG)])


def test_a_closed_model_says_so(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    model.close()
    model.close()
    with pytest.raises(ModelError, match=r"was closed; load it again"):
        model.log_likelihoods(REQUESTS)


def test_an_output_that_is_not_a_number_is_an_error(model_folder: Callable[[str], Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(model_folder("gpt2"), tmp_path / "damaged")
    weights = load_file(folder / "model.safetensors")
    weights["transformer.ln_f.weight"][3] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    model = load_model(folder, device="cpu")
    with pytest.raises(ModelError, match="item 'i0': the model's output is not a number"):
        model.log_likelihoods(REQUESTS)
    with pytest.raises(ModelError, match="item 'story': the model's output is not a number"):
        model.next_tokens([("story", "The river rises")])


def test_a_tokenizer_that_knows_more_than_its_model_is_an_error(
    model_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(model_folder("gpt2"), tmp_path / "mixed")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["added_tokens"].append(tokenizer["added_tokens"][0] | {"id": 400, "content": "<new>"})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ModelError, match="item 'i': its tokenizer gives token 400, the model knows 0 to 399"):
        load_model(folder, device="cpu").log_likelihoods([Request("i", "The river", " <new>")])


def test_an_identical_model_answers_identically(model_folder: Callable[[str], Path]) -> None:
    folder = model_folder("llama")
    assert totals(load_model(folder, device="cpu"), REQUESTS) == totals(load_model(folder, device="cpu"), REQUESTS)
