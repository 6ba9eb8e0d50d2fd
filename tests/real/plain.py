"""The same numbers by the plainest means: one unpadded forward a choice, loops and dictionaries for the metrics."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

# Rows of one small model: threads would wait for one another longer than they work.
torch.set_num_threads(1)


class Figures(NamedTuple):
    n: int
    accuracy: float
    mean_confidence: float
    ece: float


class PlainModel:
    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()

    @torch.inference_mode()
    def log_likelihood(self, prompt: str, choice: str) -> float:
        context = self.tokenizer(prompt)["input_ids"]
        whole = self.tokenizer(prompt + choice)["input_ids"]
        log_probabilities = self.model(torch.tensor([whole])).logits[0].log_softmax(-1)
        return sum(float(log_probabilities[place - 1, whole[place]]) for place in range(len(context), len(whole)))

    @torch.inference_mode()
    def guesses(self, text: str) -> list[tuple[float, bool]]:
        tokens = self.tokenizer(text)["input_ids"]
        probabilities = self.model(torch.tensor([tokens])).logits[0].softmax(-1)
        found = []
        for place in range(1, len(tokens)):
            confidence, guess = probabilities[place - 1].max(-1)
            found.append((float(confidence), int(guess) == tokens[place]))
        return found


def chosen(log_likelihoods: list[float]) -> tuple[float, int]:
    """Probability and index of the likeliest choice."""
    top = max(log_likelihoods)
    weights = [math.exp(value - top) for value in log_likelihoods]
    return max(weights) / sum(weights), log_likelihoods.index(top)


def figures(answers: list[tuple[float, bool]], bins: int = 15) -> Figures:
    gaps: dict[int, float] = {}
    for confidence, correct in answers:
        index = max(1, math.ceil(confidence * bins))
        gaps[index] = gaps.get(index, 0.0) + confidence - correct
    n = len(answers)
    return Figures(
        n,
        sum(correct for _, correct in answers) / n,
        sum(confidence for confidence, _ in answers) / n,
        sum(abs(gap) for gap in gaps.values()) / n,
    )
