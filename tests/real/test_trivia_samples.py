"""Twenty real samples for each of 500 trivia questions: agreement tells right answers from wrong ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scores import Scores
from pytest_llmcal.scoring import Generation, GenerationOptions, Progress, score
from pytest_llmcal.scoring.confidence.self_consistency import SelfConsistency
from pytest_llmcal.scoring.confidence.semantic_entropy import DiscreteSemanticEntropy
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.protocol import Prompts
from pytest_llmcal.tasks import Items, OpenItem, Writing


class Replayed:
    """A model whose samples were recorded, without log-probabilities."""

    facts = ModelFacts("recorded", "r1", "float32", "cpu")

    def __init__(self, samples: dict[str, Sequence[str]]) -> None:
        self._samples = samples

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        if progress is not None:
            progress(len(prompts), len(prompts))
        assert options.samples == 20
        return [
            [Generation(text, (), (), "stop") for text in self._samples[prompt]] for prompt, _ in prompts_of(prompts)
        ]

    def log_likelihoods(self, requests, progress=None):
        raise NotImplementedError

    def next_tokens(self, texts, progress=None):
        raise NotImplementedError

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def trivia(shared: Path) -> tuple[Replayed, Items]:
    with gzip.open(shared / "data" / "tasks" / "triviaqa_samples.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    items = [OpenItem(str(place), row["question"], (row["answer"],)) for place, row in enumerate(rows)]
    return Replayed({str(place): row["samples"] for place, row in enumerate(rows)}), Items(
        "trivia", "test", tuple(items), Writing()
    )


def scored(trivia: tuple[Replayed, Items], method) -> Scores:
    model, items = trivia
    return score(model, items, confidence=method, progress=False)


def test_agreement_by_text_reaches_the_known_auroc(trivia: tuple[Replayed, Items]) -> None:
    scores = scored(trivia, SelfConsistency())
    assert len(scores) == 500
    assert 0.83 < scores.auroc() < 0.87
    assert scores.accuracy() == pytest.approx(0.648, abs=0.005)
    assert scores.aurc() < 0.16  # of answers in any order it is the error, 0.352


def test_smoothing_changes_no_order_and_makes_the_nll_finite(trivia: tuple[Replayed, Items]) -> None:
    plain, smooth = scored(trivia, SelfConsistency()), scored(trivia, SelfConsistency(smoothing=(1, 2)))
    assert smooth.auroc() == plain.auroc()
    assert smooth.aurc() == plain.aurc()
    assert np.isinf(plain.nll())
    assert np.isfinite(smooth.nll())


def test_the_entropy_of_meanings_tells_as_much_as_agreement(trivia: tuple[Replayed, Items]) -> None:
    entropy = scored(trivia, DiscreteSemanticEntropy(answer="majority"))
    agreement = scored(trivia, SelfConsistency())
    assert entropy.correct.tolist() == agreement.correct.tolist()
    assert entropy.auroc() == pytest.approx(agreement.auroc(), abs=0.02)
