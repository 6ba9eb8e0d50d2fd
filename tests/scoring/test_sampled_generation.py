"""What is drawn follows the model's probabilities, and belongs to its seed, prompt, sample and step alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from pytest_llmcal.scoring import GenerationOptions, Request, load_model
from pytest_llmcal.scoring.generation import choosing
from pytest_llmcal.scoring.generation.choosing import Chooser
from pytest_llmcal.scoring.generation.draws import draws

PROMPTS = [
    ("river", "Question: Which river rises in the hills?\nAnswer:"),
    ("bees", "Who keeps the bees of Oakrise?"),
    ("prices", "Prices: "),
    ("one", "B"),
]
OPTIONS = {"max_tokens": 12, "temperature": 1.3, "top_p": 0.95, "samples": 3, "seed": 5}


@pytest.fixture(scope="module")
def embedded() -> Any:
    return load_model("world/gpt2", device="cpu")


def tokens_of(model: Any, prompts: Sequence[tuple[str, str]], **changed: Any) -> dict[str, list[tuple[int, ...]]]:
    answers = model.generate(prompts, GenerationOptions(**(OPTIONS | changed)))
    return {
        prompt_id: [each.tokens for each in samples] for (prompt_id, _), samples in zip(prompts, answers, strict=True)
    }


@pytest.mark.parametrize("family", ["gpt2", "llama", "mistral", "neox", "mamba", "t5"])
def test_an_item_gets_the_same_samples_in_any_batch(family: str, model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder(family), device="cpu")
    expected = tokens_of(model, PROMPTS)
    assert len({tokens for samples in expected.values() for tokens in samples}) == 12

    @settings(max_examples=8, deadline=None)
    @given(prompts=st.permutations(PROMPTS), count=st.integers(1, 4), batch_tokens=st.integers(1, 200))
    def holds(prompts: list[tuple[str, str]], count: int, batch_tokens: int) -> None:
        model._batch_tokens = batch_tokens
        found = tokens_of(model, prompts[:count])
        assert found == {prompt_id: expected[prompt_id] for prompt_id, _ in prompts[:count]}

    holds()


def test_what_was_asked_before_changes_no_bit_of_a_text() -> None:
    fresh = load_model("world/gpt2", device="cpu")
    options = GenerationOptions(**OPTIONS)
    at_first = fresh.generate(PROMPTS, options)
    fresh.log_likelihoods([Request("river", PROMPTS[0][1], " Sell")])
    assert fresh.generate(PROMPTS, options) == at_first


def test_more_samples_and_more_tokens_begin_with_the_same_ones(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    few = tokens_of(model, PROMPTS)
    more = tokens_of(model, PROMPTS, samples=5, max_tokens=20)
    assert {prompt: [tokens[:12] for tokens in more[prompt][:3]] for prompt in more} == few


def test_another_seed_or_another_id_draws_otherwise(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    [first] = tokens_of(model, [("a", "Prices:")]).values()
    assert [first] == list(tokens_of(model, [("a", "Prices:")]).values())
    assert [first] != list(tokens_of(model, [("a", "Prices:")], seed=6).values())
    assert [first] != list(tokens_of(model, [("b", "Prices:")]).values())


def test_log_probabilities_are_at_temperature_one_whatever_is_drawn_from(model_folder: Callable[[str], Path]) -> None:
    model = load_model(model_folder("gpt2"), device="cpu")
    network, tokenizer = model._opened().network, model._tokenizer
    [samples] = model.generate(PROMPTS[:1], GenerationOptions(**OPTIONS))
    before = tokenizer(PROMPTS[0][1]).input_ids
    for sample in samples:
        with torch.no_grad():
            logits = network(torch.tensor([before + list(sample.tokens)])).logits[0, len(before) - 1 : -1]
        expected = logits.log_softmax(-1).gather(1, torch.tensor(sample.tokens)[:, None])[:, 0]
        assert sample.log_probabilities == pytest.approx(expected.tolist(), abs=1e-4)


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (2.0, 1.0), (3.0, 0.8)])
def test_frequencies_are_the_models_probabilities(embedded: Any, temperature: float, top_p: float) -> None:
    prompt, samples = "Question: Who", 4_000
    options = GenerationOptions(max_tokens=1, temperature=temperature, top_p=top_p, samples=samples)
    [written] = embedded.generate([("who", prompt)], options)
    with torch.no_grad():
        ids = torch.tensor([embedded._tokenizer(prompt).input_ids])
        logits = embedded._opened().network(ids).logits[0, -1].double()
    probabilities = nucleus((logits / temperature).softmax(-1).numpy(), top_p)
    counts = np.bincount([each.tokens[0] for each in written], minlength=len(probabilities))
    assert counts[probabilities == 0].sum() == 0
    often = probabilities * samples >= 5
    observed = [*counts[often], counts[~often].sum()]
    expected = [*(probabilities[often] * samples), probabilities[~often].sum() * samples]
    if expected[-1] < 5:  # too few for a class of their own
        observed, expected = observed[:-1], expected[:-1]
        expected = [each * sum(observed) / sum(expected) for each in expected]
    assert len(observed) > 3
    assert chisquare(observed, expected).pvalue > 0.01


def nucleus(probabilities: np.ndarray, top_p: float) -> np.ndarray:
    """Renormalised probabilities of the fewest tokens that reach ``top_p``, by a plain loop."""
    kept, total = np.zeros_like(probabilities), 0.0
    for token in np.argsort(-probabilities):
        kept[token] = probabilities[token]
        total += probabilities[token]
        if total >= top_p:
            break
    return kept / kept.sum()


LOGITS = torch.tensor([[0.0, -torch.inf, 2.0, -torch.inf, 1.0, -torch.inf]])


@pytest.mark.parametrize("top_p", [1.0, 0.9, 0.5, 0.01])
def test_a_number_chooses_the_token_whose_share_it_falls_into(top_p: float) -> None:
    numbers = (torch.arange(10_000, dtype=torch.float64) + 0.5) / 10_000
    found = Counter(Chooser(1.0, top_p)(LOGITS.expand(10_000, -1), numbers)[0].tolist())
    expected = nucleus(LOGITS[0].double().softmax(-1).numpy(), top_p)
    assert [found[token] / 10_000 for token in range(6)] == pytest.approx(expected.tolist(), abs=2e-4)


@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
@pytest.mark.parametrize("top_p", [1.0, 0.9999])
def test_the_ends_of_the_numbers_choose_tokens_that_have_a_probability(kind: torch.dtype, top_p: float) -> None:
    ends = torch.tensor([0.0, 1 - 16 * torch.finfo(kind).eps], dtype=kind)
    tokens, log_probabilities = Chooser(1.0, top_p)(LOGITS.expand(2, -1), ends)
    assert set(tokens.tolist()) <= {0, 2, 4}
    assert log_probabilities.tolist() == pytest.approx(LOGITS.log_softmax(-1)[0, tokens].tolist(), abs=1e-6)


def test_probabilities_close_to_one_are_told_apart() -> None:
    logits = torch.tensor([[80.0, 68.0], [80.0, 67.0]])
    expected = logits.double().log_softmax(-1)[:, 0].tolist()
    assert Chooser(0.0, 1.0)(logits, None)[1].tolist() == pytest.approx(expected, rel=0.05)
    numbers = torch.zeros(2, dtype=torch.float64)
    assert Chooser(1.0, 1.0)(logits, numbers)[1].tolist() == pytest.approx(expected, rel=0.05)


def test_a_low_temperature_takes_the_best() -> None:
    numbers = torch.linspace(0, 0.999, 50, dtype=torch.float64)
    assert set(Chooser(0.01, 1.0)(LOGITS.expand(50, -1), numbers)[0].tolist()) == {2}


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-30, 1e-38, 1e-40, 5e-324])
def test_the_lowest_temperatures_too(temperature: float, kind: torch.dtype) -> None:
    logits = LOGITS.to(kind).expand(50, -1) + 80
    numbers = torch.linspace(0, 0.999, 50, dtype=torch.float64)
    assert set(Chooser(temperature, 1.0)(logits, numbers)[0].tolist()) == {2}


@pytest.mark.parametrize(("temperature", "top_p"), [(0.0, 1.0), (1.3, 1.0), (1.3, 0.7)])
def test_few_logits_are_weighed_at_once_and_what_is_chosen_is_the_same(
    temperature: float, top_p: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = torch.randn((23, 10), generator=torch.Generator().manual_seed(0))
    numbers = torch.linspace(0, 0.999, 23, dtype=torch.float64) if temperature else None
    expected = Chooser(temperature, top_p)(logits, numbers)
    sizes, softmax = [], torch.softmax

    def measured(some: torch.Tensor, *rest: int) -> torch.Tensor:
        sizes.append(some.numel())
        return softmax(some, *rest)

    monkeypatch.setattr(torch, "softmax", measured)
    monkeypatch.setattr(choosing, "AT_ONCE", 45)
    tokens, log_probabilities = Chooser(temperature, top_p)(logits, numbers)
    assert tokens.tolist() == expected[0].tolist()
    assert log_probabilities.tolist() == expected[1].tolist()
    assert sizes == ([40] * 5 + [30] if temperature else [])


def test_numbers_are_uniform_and_differ_between_texts() -> None:
    keys = [(seed, prompt, sample) for seed in (0, 1) for prompt in ("a", "b") for sample in range(50)]
    numbers = np.array([draws(*key, steps=100) for key in keys])
    assert kstest(numbers.ravel(), "uniform").pvalue > 0.01
    assert len(set(numbers.ravel())) == numbers.size
    assert abs(np.corrcoef(numbers)[np.triu_indices(len(keys), 1)]).max() < 0.5
