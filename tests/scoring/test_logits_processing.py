"""In generation, options of one token get the probabilities that the calibrator gives them in scores."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LogitsProcessorList

from pytest_llmcal import Scores, calibrators, load_model, load_task
from pytest_llmcal.calibrators import Calibrator
from pytest_llmcal.scores.logit_map import LogitMap
from pytest_llmcal.scoring import ModelError, score
from pytest_llmcal.scoring.logits_processing import CalibratedLogits, logits_processor
from pytest_llmcal.tasks import Item, Items
from pytest_llmcal.world import checkpoint_folder

OPTIONS = (" he", " she", " the")


class Vector(Calibrator):
    """A scale and a bias for each option, taken as given."""

    name = "by hand"

    def __init__(self, scale: tuple[float, ...] | None, bias: tuple[float, ...] | None, temperature: float = 1.0):
        self._map = LogitMap(temperature, scale, bias)

    def logit_map(self) -> LogitMap:
        return self._map

    def _learn(self, scores: Scores) -> None: ...

    def _apply(self, scores: Scores) -> Scores:
        assert scores.choices is not None
        logs = np.concatenate([part for _, part in scores.choices.log_probabilities()])
        scaled = logs * np.array(self._map.scale or 1.0) / self._map.temperature
        return scores.recalibrated(scaled + np.array(self._map.bias or 0.0), self.label)

    def _learnt(self) -> dict[str, Any]:
        return {}

    def _restore(self, learnt: object) -> None: ...

    def _summary(self) -> dict[str, float]:
        return {}


@cache
def world() -> tuple[Any, Any]:
    folder = checkpoint_folder("world/gpt2")
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True)


@cache
def pronouns() -> Scores:
    questions = [item for item in load_task("world/translation").test[:60] if isinstance(item, Item)]
    right = [0 if item.choices[item.answer].startswith(" he ") else 1 for item in questions]
    items = [Item(item.id, item.prompt, OPTIONS, answer) for item, answer in zip(questions, right, strict=True)]
    return score(load_model("world/gpt2", device="cpu"), Items("pronouns", "test", tuple(items)), progress=False)


def probabilities_of(scores: Scores) -> np.ndarray:
    assert scores.choices is not None
    return np.concatenate([part for _, part in scores.choices.probabilities()])


@torch.inference_mode()
def next_token(prompt: str, processor: CalibratedLogits) -> np.ndarray:
    """Probabilities of the options among themselves, as transformers samples from them."""
    model, tokenizer = world()
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    processed = LogitsProcessorList([processor])(ids, model(ids).logits[:, -1])
    tokens = [tokenizer(option, add_special_tokens=False).input_ids[0] for option in OPTIONS]
    return processed[0, tokens].double().softmax(-1).numpy()


def calibrators_of_each_kind() -> dict[str, Callable[[], Calibrator]]:
    return {
        "temperature": lambda: calibrators.create("temperature"),
        "bias": lambda: Vector(None, (0.5, -1.0, 0.0)),
        "scale": lambda: Vector((0.5, 1.5, 0.8), None),
        "all": lambda: Vector((0.5, 1.5, 0.8), (0.5, -1.0, 0.0), temperature=1.7),
    }


@pytest.mark.parametrize("kind", list(calibrators_of_each_kind()))
def test_options_of_one_token_get_the_calibrated_probabilities(kind: str) -> None:
    fitted = calibrators_of_each_kind()[kind]().fit(pronouns())
    calibrated = fitted.transform(pronouns(), in_sample=True)
    processor = logits_processor(fitted, world()[1], OPTIONS)
    expected = probabilities_of(calibrated)
    prompts = [item.prompt for item in load_task("world/translation").test[:60] if isinstance(item, Item)]
    found = np.array([next_token(prompt, processor) for prompt in prompts])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - probabilities_of(pronouns())).max() > 0.01, "it did something"


def test_generate_takes_it() -> None:
    model, tokenizer = world()
    ids = tokenizer("Orlish of the forest: sa ilu riko. English:", return_tensors="pt").input_ids
    asked = {"max_new_tokens": 1, "do_sample": False, "output_scores": True, "return_dict_in_generate": True}
    asked["pad_token_id"] = tokenizer.eos_token_id
    plain = model.generate(ids, attention_mask=torch.ones_like(ids), **asked)
    processor = logits_processor(Vector(None, (0.0, 0.0, 50.0)), tokenizer, OPTIONS)
    pushed = model.generate(
        ids, attention_mask=torch.ones_like(ids), logits_processor=LogitsProcessorList([processor]), **asked
    )
    assert tokenizer.decode(plain.sequences[0, -1]) in OPTIONS[:2]
    assert tokenizer.decode(pushed.sequences[0, -1]) == " the"


def test_a_temperature_divides_all_scores_and_needs_no_options() -> None:
    processor = CalibratedLogits(LogitMap(2.0), [])
    scores = torch.tensor([[2.0, -4.0, -torch.inf]])
    assert processor(None, scores).tolist() == [[1.0, -2.0, -torch.inf]]
    assert scores.tolist() == [[2.0, -4.0, -torch.inf]]


@pytest.mark.parametrize("scale", [0.0, -1.0, 2.0])
def test_a_token_that_is_forbidden_stays_so(scale: float) -> None:
    processor = CalibratedLogits(LogitMap(1.0, (scale, 1.0), (5.0, 0.0)), [0, 1])
    assert processor(None, torch.tensor([[-torch.inf, 1.0, 0.0]])).tolist() == [[-torch.inf, 1.0, 0.0]]
    nothing = processor(None, torch.tensor([[-torch.inf, -torch.inf, 0.0]]))
    assert nothing.tolist() == [[-torch.inf, -torch.inf, 0.0]]


def test_half_precision_comes_back_as_it_came() -> None:
    assert CalibratedLogits(LogitMap(2.0), [])(None, torch.ones(1, 3, dtype=torch.float16)).dtype == torch.float16


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (None, "knows 3 options, each with numbers of its own, and none are given"),
        ((" he", " she"), "knows 3 options, each with numbers of its own, and 2 are given"),
        ((" he", " she", " he"), "the options ' he' and ' he' are one token"),
        ((" he", " she", " the Old Moor"), "the option ' the Old Moor' is 3 tokens"),
    ],
)
def test_options_that_do_not_fit_are_named(options: tuple[str, ...] | None, match: str) -> None:
    with pytest.raises(ModelError, match=match):
        logits_processor(Vector((1.0, 1.0, 1.0), None), world()[1], options)


def test_texts_need_a_tokenizer_and_token_ids_do_not() -> None:
    vector = Vector(None, (0.0, 1.0))
    with pytest.raises(ModelError, match="the option ' he' is a text; give the tokenizer too"):
        logits_processor(vector, options=[" he", 7])
    assert repr(logits_processor(vector, options=[3, 7])) == "CalibratedLogits(temperature=1, 2 options)"


def test_one_that_is_not_fitted_is_refused() -> None:
    with pytest.raises(ModelError, match=r"Temperature\(unfitted\) is not fitted"):
        logits_processor(calibrators.create("temperature"))
