"""Seeded words, items and a tokenizer of them: contexts of about 121 tokens, four choices of one to eight."""

from __future__ import annotations

import random
from typing import Any

from pytest_llmcal.tasks import Item

SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
SYLLABLES += ["st", "er", "an", "on", "ing", "tion"]


class Writer:
    """Writes text of made-up words, common and rare ones, always the same for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        self._draw = random.Random(seed)
        made = {"".join(self._draw.choices(SYLLABLES, k=self._draw.randint(1, 5))) for _ in range(9000)}
        self._known = sorted(made)
        self._draw.shuffle(self._known)
        self._weights = [1 / (rank + 3) ** 0.9 for rank in range(len(self._known))]

    def words(self, count: int) -> str:
        """Return some words."""
        return " ".join(self._draw.choices(self._known, self._weights, k=count))

    def text(self, count: int) -> str:
        """Return sentences of so many words in all."""
        sentences = []
        while count > 0:
            length = min(count, self._draw.randint(6, 16))
            sentences.append(f"{self.words(length).capitalize()}.")
            count -= length
        return " ".join(sentences)

    def item(self, name: str, prefix: str) -> Item:
        """Return a question behind a prefix."""
        body = self.text(max(30, int(self._draw.gauss(72, 14))))
        choices: dict[str, None] = {}
        while len(choices) < 4:
            choices[f" {self.words(self._draw.choice([1, 1, 2, 3, 4]))}"] = None
        prompt = f"{prefix}{body}\nQuestion: {self.words(8)}?\nAnswer:"
        return Item(name, prompt, tuple(choices), self._draw.randrange(4))


def tokenizer_of(writer: Writer, size: int) -> Any:
    """Train a byte-level tokenizer of at most ``size`` tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([writer.text(200) for _ in range(max(50, size // 8))], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")


def prefix_of(writer: Writer, tokenizer: Any, tokens: int) -> str:
    """Return answered questions of at least so many tokens."""
    prefix = ""
    while len(tokenizer(prefix).input_ids) < tokens:
        prefix += f"{writer.text(12)}\nAnswer: {writer.words(1)}\n\n"
    return prefix
