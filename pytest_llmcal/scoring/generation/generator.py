"""The loop in which a model writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.generation.choosing import Chooser
from pytest_llmcal.scoring.generation.draws import draws
from pytest_llmcal.scoring.generation.prompts import Row, batches
from pytest_llmcal.scoring.generation.reader import pads, reader_of
from pytest_llmcal.scoring.generation.text import Detokenizer, GrowingText
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, Progress
from pytest_llmcal.scoring.tokens import Tokens

_STEPS = {"cpu": 1}
"""Steps between two looks at what was written; elsewhere than on a CPU a look waits for the device."""

_STEPS_ELSEWHERE = 8


class Generator:
    """A model with its tokenizer that writes.

    Parameters
    ----------
    network : transformers.PreTrainedModel
        In evaluation mode, on its device.
    tokenizer : transformers.PreTrainedTokenizerBase
        Its tokenizer.
    batch_tokens : int
        Most tokens that are read at once, padding counted.
    """

    def __init__(self, network: Any, tokenizer: Any, batch_tokens: int) -> None:
        self._network = network
        self._detokenizer = Detokenizer(tokenizer)
        self._special = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
        self._ends = _ends(network, tokenizer)
        self._budget = batch_tokens
        self._look = _STEPS.get(network.device.type, _STEPS_ELSEWHERE)

    def generate(
        self, prompts: Sequence[tuple[str, Tokens]], options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        """Continue each prompt, ids and tokens, in the order given.

        Parameters
        ----------
        prompts : sequence of (str, tuple of int)
        options : GenerationOptions
        progress : callable, optional
            Called with (done, all) texts.
        """
        lengths = [len(tokens) for _, tokens in prompts]
        planned = batches(lengths, options.samples, options.max_tokens, self._budget, pads=pads(self._network))
        answers: dict[Row, Generation] = {}
        for rows in planned:
            with torch.inference_mode():
                answers |= zip(rows, self._batch(rows, prompts, options), strict=True)
            if progress is not None:
                progress(len(answers), len(prompts) * options.samples)
        return [[answers[Row(prompt, sample)] for sample in range(options.samples)] for prompt in range(len(prompts))]

    def _batch(
        self, rows: Sequence[Row], prompts: Sequence[tuple[str, Tokens]], options: GenerationOptions
    ) -> list[Generation]:
        """Write the texts of a batch together; rows that are complete are dropped from it."""
        reader, choose = reader_of(self._network), Chooser(options.temperature, options.top_p)
        read = list(dict.fromkeys(row.prompt for row in rows))
        logits = reader.read([prompts[prompt][1] for prompt in read], options.max_tokens)
        places = {prompt: place for place, prompt in enumerate(read)}
        if len(read) < len(rows):
            repeated = torch.tensor([places[row.prompt] for row in rows], device=logits.device)
            reader.select(repeated)
            logits = logits[repeated]
        drawn = self._drawn(rows, prompts, options)
        ends = self._ends | {self._special[stop] for stop in options.stop if stop in self._special}
        texts = [_Text(self._detokenizer, prompts[row.prompt][1], options.stop, ends) for row in rows]
        running = texts
        columns: list[torch.Tensor] = []
        for step in range(options.max_tokens):
            tokens, log_probabilities = choose(logits, None if drawn is None else drawn[:, step])
            columns += [tokens, log_probabilities]
            last = step + 1 == options.max_tokens
            if last or len(columns) == 2 * self._look:
                _hand_out(running, columns)
                columns = []
                kept = [place for place, text in enumerate(running) if not text.complete]
                if not kept or last:
                    break
                if len(kept) <= len(running) * _WORTH:
                    chosen = torch.tensor(kept, device=logits.device)
                    reader.select(chosen)
                    tokens = tokens[chosen]
                    drawn = None if drawn is None else drawn[chosen]
                    running = [running[place] for place in kept]
            logits = reader.step(tokens)
        return [text.generation() for text in texts]

    def _drawn(
        self, rows: Sequence[Row], prompts: Sequence[tuple[str, Tokens]], options: GenerationOptions
    ) -> torch.Tensor | None:
        """Uniform numbers of all rows and steps, None where nothing is drawn."""
        if options.temperature == 0:
            return None
        numbers = [draws(options.seed, prompts[row.prompt][0], row.sample, options.max_tokens) for row in rows]
        device = self._network.device
        # Apple's devices have no float64. Numbers a little below one: no rounding of a sum then reaches beyond the last
        # token that has a probability.
        kind = torch.float32 if device.type == "mps" else torch.float64
        return torch.from_numpy(np.stack(numbers)).to(kind).clamp_(max=1 - 16 * torch.finfo(kind).eps).to(device)


_WORTH = 7 / 8
"""Share of rows that must be left, at most, for the others to be dropped: it copies what is kept."""


def _ends(network: Any, tokenizer: Any) -> frozenset[int]:
    """Tokens that end a text: those the model's generation configuration names, or else the tokenizer's."""
    stated = getattr(getattr(network, "generation_config", None), "eos_token_id", None)
    if stated is None:
        stated = tokenizer.eos_token_id
    if stated is None:
        return frozenset()
    return frozenset(stated if isinstance(stated, list | tuple) else [stated])


def _hand_out(texts: Sequence[_Text], columns: Sequence[torch.Tensor]) -> None:
    """Give each text the tokens of its row; one transfer of each kind from the device."""
    tokens = torch.stack(list(columns[0::2]), 1).tolist()
    log_probabilities = torch.stack(list(columns[1::2]), 1).tolist()
    for text, *row in zip(texts, tokens, log_probabilities, strict=True):
        for token, log_probability in zip(*row, strict=True):
            if not text.complete:
                text.add(token, log_probability)


class _Text:
    """One text under way."""

    def __init__(
        self, detokenizer: Detokenizer, prompt: Tokens, stops: Sequence[str], ends: frozenset[int] | set[int]
    ) -> None:
        self._detokenizer = detokenizer
        self._prompt = prompt
        self._ends = ends
        self._growing = GrowingText(detokenizer, prompt, stops) if stops else None
        self._tokens: list[int] = []
        self._log_probabilities: list[float] = []
        self.complete = False

    def add(self, token: int, log_probability: float) -> None:
        self._tokens.append(token)
        self._log_probabilities.append(log_probability)
        if token in self._ends:
            self.complete = True
        elif self._growing is not None:
            self.complete = self._growing.add(token)

    def generation(self) -> Generation:
        return Generation(
            text=self._text(),
            tokens=tuple(self._tokens),
            log_probabilities=tuple(self._log_probabilities),
            finish_reason="stop" if self.complete else "length",
        )

    def _text(self) -> str:
        if self._growing is not None:
            return self._growing.text
        spoken = self._tokens[:-1] if self._tokens[-1] in self._ends else self._tokens
        return self._detokenizer.after(self._detokenizer.tail(self._prompt), tuple(spoken))
