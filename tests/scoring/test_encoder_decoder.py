"""An encoder-decoder model weighs a choice by its decoder, after the context in its encoder, as lm_eval does."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcal.scoring import ModelError, Request, load_model, score
from pytest_llmcal.scoring.encoder_decoder import EncoderDecoder, SeparateEncoder
from pytest_llmcal.tasks import Item, Items

FAMILIES = ["t5", "bart"]

CONTEXTS = ["Question: Which river rises in the hills?\nAnswer:", "Who keeps the bees of Oakrise?", "Prices: ", "B", ""]
CHOICES = [" the old town", " B", " 12.50", " the miller's daughter and the baker", " river", " sea"]
REQUESTS = [Request(f"i{n}", context, choice) for n, context in enumerate(CONTEXTS) for choice in CHOICES]


@cache
def stock(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    from pytest_llmcal.scoring.loading import _silence

    with _silence():
        return AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def one_at_a_time(folder: Path, request: Request) -> float:
    """Log-likelihood by teacher forcing of one pair, as transformers is trained: with ``labels``."""
    import torch

    model, tokenizer = stock(folder)
    context = request.context.rstrip()
    moved = request.context[len(context) :] + request.continuation
    read = tokenizer(context).input_ids if context else [tokenizer.bos_token_id or tokenizer.eos_token_id]
    labels = torch.tensor([tokenizer(moved, add_special_tokens=False).input_ids])
    start = torch.tensor([[model.config.decoder_start_token_id]])
    with torch.no_grad():
        logits = model(torch.tensor([read]), decoder_input_ids=torch.cat([start, labels[:, :-1]], 1)).logits[0]
    return float(logits.double().log_softmax(-1).gather(1, labels[0][:, None]).sum())


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_that_of_the_pair_alone(family: str, model_folder: Callable[[str], Path]) -> None:
    folder = model_folder(family)
    answers = load_model(folder, device="cpu").log_likelihoods(REQUESTS)
    assert [answer.total for answer in answers] == pytest.approx(
        [one_at_a_time(folder, request) for request in REQUESTS], abs=1e-4
    )
    _, tokenizer = stock(folder)
    assert [answer.tokens for answer in answers[: len(CHOICES)]] == [
        len(tokenizer(choice, add_special_tokens=False).input_ids) for choice in CHOICES
    ]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_lm_evals(family: str, model_folder: Callable[[str], Path]) -> None:
    pytest.importorskip("lm_eval", reason="lm_eval is not installed")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lm_eval.api.instance import Instance
        from lm_eval.models.huggingface import HFLM

        folder = model_folder(family)
        peer = HFLM(pretrained=str(folder), backend="seq2seq", device="cpu", dtype="float32", batch_size=4)
        asked = [
            Instance("loglikelihood", {}, (each.context, each.continuation), n, ("task", n, 1))
            for n, each in enumerate(REQUESTS)
        ]
        expected = [total for total, _ in peer.loglikelihood(asked, disable_tqdm=True)]
    found = [answer.total for answer in load_model(folder, device="cpu").log_likelihoods(REQUESTS)]
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_does_not_depend_on_batches_order_or_neighbours(family: str, model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder(family), device="cpu")
    expected = dict(zip(REQUESTS, model.log_likelihoods(REQUESTS), strict=True))

    @settings(max_examples=15, deadline=None)
    @given(requests=st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=40), batch_tokens=st.integers(1, 400))
    def holds(requests: list[Request], batch_tokens: int) -> None:
        model._batch_tokens = batch_tokens
        found = [answer.total for answer in model.log_likelihoods(requests)]
        assert found == pytest.approx([expected[each].total for each in requests], abs=1e-5, rel=1e-6)

    holds()


def test_each_context_is_encoded_once_for_all_its_choices(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("t5"), device="cpu")
    encoded: list[int] = []
    decoded: list[int] = []
    network = model._opened().network
    network.get_encoder().register_forward_hook(lambda *given: encoded.append(given[2].last_hidden_state.shape[0]))
    network.get_output_embeddings().register_forward_hook(lambda *given: decoded.append(given[2].shape[0]))
    model.log_likelihoods(REQUESTS)
    assert sum(encoded) == len(CONTEXTS)
    assert sum(decoded) <= len(REQUESTS)


def test_choices_of_one_token_share_a_row(model_folder: Callable[[str], Path]) -> None:
    network, _ = stock(model_folder("t5"))
    rows: list[int] = []
    hook = network.get_output_embeddings().register_forward_hook(lambda *given: rows.append(given[2].shape[0]))
    found = EncoderDecoder(network, 100).log_probabilities([((5, 1), (token,)) for token in range(10, 30)])
    hook.remove()
    assert rows == [1]
    assert len({value for [value] in found}) == 20


def test_log_probabilities_come_token_by_token_and_progress_is_told(model_folder: Callable[[str], Path]) -> None:
    network, _ = stock(model_folder("t5"))
    seen: list[tuple[int, int]] = []
    pairs = [((5, 6, 1), (10, 11, 12)), ((5, 1), (10,)), ((5, 6, 1), (10, 11))]
    found = EncoderDecoder(network, 8).log_probabilities(pairs, lambda *told: seen.append(told))
    assert [len(each) for each in found] == [3, 1, 2]
    assert found[2] == pytest.approx(found[0][:2], abs=1e-5)
    assert seen[-1] == (3, 3)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_context_has_its_end_token_and_a_choice_has_none(make_tokenizer: Callable[[str], Any]) -> None:
    tokenizer = make_tokenizer("unigram")
    end = tokenizer.eos_token_id
    [(context, choice)] = SeparateEncoder(tokenizer).pairs([Request("i", "Prices: ", "12.50")])
    assert context == (*tokenizer("Prices:", add_special_tokens=False).input_ids, end)
    assert list(choice) == tokenizer(" 12.50", add_special_tokens=False).input_ids
    assert SeparateEncoder(tokenizer).pairs([Request("i", "", " B")])[0][0] == (end,)


def test_a_choice_without_a_token_is_an_error(make_tokenizer: Callable[[str], Any]) -> None:
    with pytest.raises(ModelError, match="item 'i': the continuation '' has no token; at least one is needed"):
        SeparateEncoder(make_tokenizer("unigram")).pairs([Request("i", "Prices:", "")])


def test_score_takes_questions_and_not_running_text(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("t5"), device="cpu")
    items = Items("t", "test", tuple(Item(f"{n}", context, (" B", " 12.50"), 0) for n, context in enumerate(CONTEXTS)))
    assert len(score(model, items, progress=False)) == len(CONTEXTS)
    with pytest.raises(ModelError, match="has an encoder and a decoder: it cannot guess the next tokens of running"):
        model.next_tokens([("story", "The river rises")])
    with pytest.raises(ModelError, match="has an encoder and a decoder: it cannot be trained on items"):
        model.encoded(items)  # type: ignore[arg-type]


LONG = "river " * 70


def test_the_limit_is_of_the_context_and_of_the_choice_each(model_folder: Callable[[str], Path]) -> None:
    folder = model_folder("bart")
    model = load_model(folder, device="cpu")
    with pytest.raises(ModelError, match=r"item 'i' \('river .*'\): prompt and choice are \d+ tokens, the model reads"):
        model.log_likelihoods([Request("i", LONG, " B")])
    _, tokenizer = stock(folder)
    lengths = {each: len(tokenizer(each, add_special_tokens=False).input_ids) for each in ("B" * n for n in range(90))}
    fitting = next(each for each, length in lengths.items() if length == 60)
    [answer] = model.log_likelihoods([Request("i", fitting, " " + fitting)])
    assert answer.tokens > 50
    shortened = load_model(folder, device="cpu", truncate="left")
    shortened.log_likelihoods([Request("i", LONG, " B")])
    with pytest.raises(ModelError, match=r"the model reads at most 64$"):
        shortened.log_likelihoods([Request("i", "B", " " + LONG)])


def test_left_truncation_keeps_the_begin_and_the_end(model_folder: Callable[[str], Path]) -> None:
    folder = model_folder("bart")
    _, tokenizer = stock(folder)
    whole = tokenizer(LONG.rstrip()).input_ids
    model = load_model(folder, device="cpu", truncate="left")
    [(context, _)] = model._pairs([Request("i", LONG.rstrip(), " B")], None)
    assert list(context) == whole[:1] + whole[-63:]


def test_an_output_that_is_not_a_number_is_an_error(model_folder: Callable[[str], Path]) -> None:
    import torch

    model = load_model(model_folder("t5"), device="cpu")
    with torch.no_grad():
        model._opened().network.decoder.final_layer_norm.weight[3] = float("nan")
    with pytest.raises(ModelError, match="item 'i0': the model's output is not a number"):
        model.log_likelihoods(REQUESTS)


def test_a_decoder_that_cannot_begin_is_an_error(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("t5"), device="cpu")
    model._opened().network.config.decoder_start_token_id = None
    with pytest.raises(ModelError, match="has no decoder_start_token_id"):
        model.log_likelihoods(REQUESTS)
