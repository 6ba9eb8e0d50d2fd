"""The loop in which a model writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from pytest_llmcal.scoring.budget import Budget
from pytest_llmcal.scoring.generation.choosing import Chooser
from pytest_llmcal.scoring.generation.draws import draws
from pytest_llmcal.scoring.generation.prompts import KEPT, Row, longest_first, next_batch
from pytest_llmcal.scoring.generation.reader import Reader, pads, reader_of
from pytest_llmcal.scoring.generation.text import Detokenizer
from pytest_llmcal.scoring.generation.writing import Writing
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, Progress
from pytest_llmcal.scoring.tokens import Tokens

Prompt = tuple[str, Tokens]

STEPS_UNSEEN = 8
"""Steps between two looks at what was written on a device that would have to be waited for; a CPU is looked at each."""

WORTH = 7 / 8
"""Share of rows that must be left, at most, for the complete ones to be dropped: all that is kept is copied then."""


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
        self._budget = Budget(KEPT * batch_tokens)
        self._every = 1 if network.device.type == "cpu" else STEPS_UNSEEN

    def generate(
        self, prompts: Sequence[Prompt], options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        """Continue each prompt, in the order given.

        Parameters
        ----------
        prompts : sequence of (str, tuple of int)
            Ids and tokens, at least one each.
        options : GenerationOptions
        progress : callable, optional
            Called with (done, all) texts.

        Returns
        -------
        list of list of Generation
            ``options.samples`` for each prompt.
        """
        lengths = [len(tokens) for _, tokens in prompts]
        rows = longest_first(lengths, options.samples)
        answers: dict[Row, Generation] = {}
        while len(answers) < len(rows):
            batch, tokens = next_batch(
                rows, len(answers), lengths, options.max_tokens, self._budget.tokens, pads=pads(self._network)
            )
            work = partial(self._batch, batch, prompts, options)
            written = self._budget.tried(work, tokens, is_least=len(batch) == 1)
            if written is None:
                continue
            answers |= zip(batch, written, strict=True)
            if progress is not None:
                progress(len(answers), len(rows))
        return [[answers[Row(prompt, sample)] for sample in range(options.samples)] for prompt in range(len(prompts))]

    @torch.inference_mode()
    def _batch(self, rows: Sequence[Row], prompts: Sequence[Prompt], options: GenerationOptions) -> list[Generation]:
        reader, choose = reader_of(self._network), Chooser(options.temperature, options.top_p)
        logits = _read(reader, rows, prompts, options.max_tokens)
        numbers = self._numbers(rows, prompts, options)
        ends = self._ends | {self._special[stop] for stop in options.stop if stop in self._special}
        texts = [Writing(self._detokenizer, prompts[row.prompt][1], options.stop, ends) for row in rows]
        running = texts
        unseen: list[tuple[torch.Tensor, torch.Tensor]] = []
        for step in range(options.max_tokens):
            unseen.append(choose(logits, None if numbers is None else numbers[:, step]))
            last = step + 1 == options.max_tokens
            tokens = unseen[-1][0]
            if last or len(unseen) == self._every:
                _hand_out(running, unseen)
                unseen = []
                left = [place for place, text in enumerate(running) if not text.complete]
                if last or not left:
                    break
                if len(left) <= WORTH * len(running):
                    kept = torch.tensor(left, device=tokens.device)
                    reader.select(kept)
                    tokens, numbers = tokens[kept], None if numbers is None else numbers[kept]
                    running = [running[place] for place in left]
            logits = reader.step(tokens)
        return [text.generation() for text in texts]

    def _numbers(
        self, rows: Sequence[Row], prompts: Sequence[Prompt], options: GenerationOptions
    ) -> torch.Tensor | None:
        """Uniform numbers of shape (rows, steps), None where nothing is drawn."""
        if options.temperature == 0:
            return None
        drawn = [draws(options.seed, prompts[row.prompt][0], row.sample, options.max_tokens) for row in rows]
        device = self._network.device
        # Apple's devices have no float64
        kind = torch.float32 if device.type == "mps" else torch.float64
        # a little below one: no rounding of a sum then reaches beyond the last token that has a probability
        return torch.from_numpy(np.stack(drawn)).to(kind).clamp_(max=1 - 16 * torch.finfo(kind).eps).to(device)


def _ends(network: Any, tokenizer: Any) -> frozenset[int]:
    """Tokens that end a text: those that the model's generation configuration names, or else the tokenizer's."""
    stated = getattr(getattr(network, "generation_config", None), "eos_token_id", None)
    if stated is None:
        stated = tokenizer.eos_token_id
    return frozenset(stated if isinstance(stated, list | tuple) else [] if stated is None else [stated])


def _read(reader: Reader, rows: Sequence[Row], prompts: Sequence[Prompt], room: int) -> torch.Tensor:
    """Read each prompt once, and go on with a row for each text."""
    distinct = list(dict.fromkeys(row.prompt for row in rows))
    logits = reader.read([prompts[prompt][1] for prompt in distinct], room)
    if len(distinct) == len(rows):
        return logits
    places = {prompt: place for place, prompt in enumerate(distinct)}
    repeated = torch.tensor([places[row.prompt] for row in rows], device=logits.device)
    reader.select(repeated)
    return logits[repeated]


def _hand_out(texts: Sequence[Writing], unseen: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Give each text the tokens of its row, up to the one that completes it."""
    columns = [torch.stack(column, 1).tolist() for column in zip(*unseen, strict=True)]
    for text, tokens, log_probabilities in zip(texts, *columns, strict=True):
        for token, log_probability in zip(tokens, log_probabilities, strict=True):
            if not text.complete:
                text.add(token, log_probability)
