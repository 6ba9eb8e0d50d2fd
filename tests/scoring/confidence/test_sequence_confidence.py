"""The probability of a written answer: the sum, the mean and the lowest of its tokens."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from recorded import asked, recorded

from pytest_llmcal import load_model, load_task
from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.tasks import Items, OpenItem, Writing

HALVES = [math.log(0.5), math.log(0.125), math.log(0.25)]


@pytest.mark.parametrize(
    ("method", "confidence"),
    [("sequence_probability", 1 / 64), ("sequence_mean", 0.25), ("sequence_lowest", 0.125)],
)
def test_it_is_made_of_the_tokens_probabilities(tmp_path: Path, method: str, confidence: float) -> None:
    rows = [{"id": "0", "text": "Bees.", "token_log_probabilities": HALVES}, {"id": "1", "text": "wasps",
            "token_log_probabilities": [0.0]}]  # fmt: skip
    scores = score(recorded(tmp_path, rows), asked("What hums?", "And?"), confidence=method, progress=False)
    np.testing.assert_allclose(scores.confidence, [confidence, 1.0], rtol=1e-14)
    assert scores.correct.tolist() == [1.0, 0.0]
    assert scores.answers == ("Bees.", "wasps")
    assert scores.about.confidence_method == method


@pytest.mark.parametrize("method", ["sequence_probability", "sequence_mean", "sequence_lowest"])
def test_an_answer_without_log_probabilities_is_refused_by_name(tmp_path: Path, method: str) -> None:
    model = recorded(tmp_path, [{"id": "0", "text": "bees"}])
    with pytest.raises(ModelError, match="item '0': the answer 'bees' comes without log-probabilities of its tokens"):
        score(model, asked("What hums?"), confidence=method, progress=False)


def test_a_model_s_confidence_is_that_of_transformers_for_the_same_tokens() -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    import pytest_llmcal

    folder = Path(pytest_llmcal.__file__).parent / "world" / "checkpoints" / "gpt2"
    network, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    questions = [OpenItem(item.id, item.prompt, item.choices[:1]) for item in load_task("world/qa", limit=6).test]
    model = load_model("world/gpt2", device="cpu")
    items = Items("asked", "test", tuple(questions), Writing(max_tokens=4, stop=()))
    given = {name: score(model, items, confidence=f"sequence_{name}", progress=False) for name in ("mean", "lowest")}
    for place, item in enumerate(questions):
        prompt = tokenizer(item.prompt, return_tensors="pt").input_ids
        found: list[float] = []
        with torch.no_grad():
            while len(found) < 4 and (not found or prompt[0, -1] != network.config.eos_token_id):
                logs = network(prompt).logits[0, -1].double().log_softmax(-1)
                found.append(float(logs.max()))
                prompt = torch.cat([prompt, logs.argmax()[None, None]], dim=1)
        assert given["mean"].confidence[place] == pytest.approx(math.exp(sum(found) / len(found)), rel=1e-5)
        assert given["lowest"].confidence[place] == pytest.approx(math.exp(min(found)), rel=1e-5)
