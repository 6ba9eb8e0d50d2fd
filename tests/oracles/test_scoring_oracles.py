"""The scorer against two independent computations: GPT-2 from its formulas, and a real Llama row by row."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from pytest_llmcal.scoring import Request, load_model, score
from pytest_llmcal.tasks import Items, load_task
from pytest_llmcal.world import checkpoint_folder
from tests.oracles.gpt2_float64 import Gpt2

TASKS = ("world/qa", "world/translation", "world/summarization", "world/completion", "world/dialogue")


def by_formula(name: str, requests: list[Request]) -> list[float]:
    """Log-likelihoods in float64, tokens from the tokenizer file without transformers."""
    folder = checkpoint_folder(name)
    oracle, tokenizer = Gpt2(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))

    @cache
    def spoken(tokens: tuple[int, ...]) -> np.ndarray:
        return oracle.log_probabilities(list(tokens))

    totals = []
    for request in requests:
        before = tokenizer.encode(request.context).ids
        whole = tokenizer.encode(request.context + request.continuation).ids
        assert whole[: len(before)] == before
        rows = spoken(tuple(whole[:-1]))
        totals.append(sum(float(rows[place - 1, whole[place]]) for place in range(len(before), len(whole))))
    return totals


def requests_of(items: Items) -> list[Request]:
    return [Request(item.id, item.prompt, choice) for item in items for choice in item.choices]


@pytest.mark.parametrize("model", ["world/gpt2", "world/gpt2-overfit"])
def test_every_choice_of_200_items_agrees_with_gpt2_from_its_formulas(model: str) -> None:
    requests = [request for task in TASKS for request in requests_of(load_task(task, limit=40).test)]
    answers = load_model(model, device="cpu").log_likelihoods(requests)
    found = [answer.total for answer in answers]
    np.testing.assert_allclose(found, by_formula(model, requests), rtol=0, atol=1e-4)
    assert len({request.item for request in requests}) == 200
    assert len({answer.tokens for answer in answers}) > 1  # choices of several lengths


def test_confidence_and_correctness_agree_with_the_formulas() -> None:
    items = load_task("world/qa", limit=60).test
    scores = score(load_model("world/gpt2", device="cpu"), items)
    totals = iter(by_formula("world/gpt2", requests_of(items)))
    for confidence, correct, item in zip(scores.confidence, scores.correct, items, strict=True):
        logits = [next(totals) for _ in item.choices]
        best = max(logits)
        assert confidence == pytest.approx(1 / sum(math.exp(logit - best) for logit in logits), abs=1e-5)
        assert correct == (logits.index(best) == item.answer)


SHARED = Path(__file__).parents[3] / "shared"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared model and questions are not here")
def test_a_real_llama_agrees_with_one_unpadded_row_at_a_time() -> None:
    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    folder = SHARED / "models" / "stories260K"
    task = load_task(SHARED / "data" / "tasks" / "truthfulqa_mc1.jsonl", shuffle_choices=True, calibration=0, limit=40)
    requests = requests_of(task.test)
    found = [answer.total for answer in load_model(folder, device="cpu").log_likelihoods(requests)]
    model, tokenizer = LlamaForCausalLM.from_pretrained(folder).eval(), PreTrainedTokenizerFast.from_pretrained(folder)
    expected = []
    for request in requests:
        before = tokenizer(request.context).input_ids  # with <s>
        targets = tokenizer(request.context + request.continuation).input_ids[len(before) :]
        with torch.no_grad():
            logits = model(torch.tensor([before + targets[:-1]])).logits[0, len(before) - 1 :].double()
        expected.append(float(logits.log_softmax(-1)[range(len(targets)), targets].sum()))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)
    assert len(found) > 150
