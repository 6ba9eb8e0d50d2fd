"""Batches through a causal language model: the kernels that carry out a plan."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from pytest_llmcal.scoring.devices import input_device
from pytest_llmcal.scoring.plan import Batch, Span

_SLICE = 2**22
"""Logits that are turned to float32 at once: 16 MiB."""


@dataclass(frozen=True)
class Weighed:
    """What the model said of one span, target by target.

    Attributes
    ----------
    log_probabilities : list of float
        Natural logarithm of each target's probability.
    best : list of float
        Natural logarithm of the most probable token's probability.
    hit : list of bool
        Whether the target is that token.
    """

    log_probabilities: list[float]
    best: list[float]
    hit: list[bool]


class Forward:
    """Runs batches on one model.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        accepted = inspect.signature(model.forward).parameters
        self._takes_positions = "position_ids" in accepted
        self._options = {"use_cache": False} if "use_cache" in accepted else {}

    @property
    def network(self) -> Any:
        """The model as ``transformers`` made it."""
        return self._model

    def free(self) -> None:
        """Let go of the model and of what the device kept for it."""
        on_cuda = any(weight.is_cuda for weight in self._model.parameters())
        del self._model
        gc.collect()
        if on_cuda:
            torch.cuda.empty_cache()

    def run(self, batch: Batch) -> Iterator[tuple[Span, Weighed]]:
        """Weigh every span of a batch.

        Logits are computed at the scored positions alone; their log-softmax is taken in float32, or
        float64 for a model in float64.

        Parameters
        ----------
        batch : Batch

        Yields
        ------
        (Span, Weighed)
        """
        spans = [(number, span) for number, row in enumerate(batch.rows) for span in row.spans]
        cells = [(number, span.start + step) for number, span in spans for step in range(len(span.targets))]
        places = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
        device = input_device(self._model)
        positions = torch.tensor([row * batch.width + column for row, column in places], device=device)
        where = torch.tensor([places[cell] for cell in cells], device=device)
        targets = torch.tensor([target for _, span in spans for target in span.targets], device=device)
        with torch.inference_mode():
            logits = self._logits(batch, positions)
            weighed = torch.stack(_weigh(logits, where, targets)).tolist()
        begin = 0
        for _, span in spans:
            end = begin + len(span.targets)
            own, best, hit = (values[begin:end] for values in weighed)
            yield span, Weighed(own, best, [bool(each) for each in hit])
            begin = end

    def _logits(self, batch: Batch, positions: torch.Tensor) -> torch.Tensor:
        """Logits at flat positions of a padded batch, shape (positions, vocabulary)."""
        device = input_device(self._model)
        ids = torch.zeros(len(batch.rows), batch.width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for number, row in enumerate(batch.rows):
            ids[number, : len(row.tokens)] = torch.tensor(row.tokens)
            mask[number, : len(row.tokens)] = 1
        inputs = {"input_ids": ids.to(device), "attention_mask": mask.to(device), **self._options}
        if self._takes_positions:
            inputs["position_ids"] = torch.arange(batch.width, device=device).expand(len(batch.rows), -1)
        with _only_at(self._model, positions) as gathered:
            logits = self._model(**inputs).logits
        scored: torch.Tensor = logits[0] if gathered() else logits.flatten(0, 1)[positions]
        return scored


@contextmanager
def _only_at(model: Any, positions: torch.Tensor) -> Iterator[Callable[[], bool]]:
    """Let the model's head see only the hidden states at some positions, as one row.

    The model's own forward runs, so whatever it does to logits after its head (a scale, a soft cap)
    is done. A model that calls its head in another way, or not at all, is left alone.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    positions : torch.Tensor of shape (p,)
        Indices into the flattened (batch, width) positions.

    Yields
    ------
    callable
        Says, after the forward, whether the logits are of shape (1, p, vocabulary).
    """
    head = model.get_output_embeddings()
    calls: list[bool] = []

    def gather(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        plain = len(inputs) == 1 and isinstance(inputs[0], torch.Tensor) and inputs[0].dim() == 3
        calls.append(plain)
        return (inputs[0].flatten(0, 1)[positions.to(inputs[0].device)][None],) if plain else None

    if head is None:
        yield lambda: False
        return
    hook = head.register_forward_pre_hook(gather)
    try:
        yield lambda: calls == [True]
    finally:
        hook.remove()


def _weigh(
    logits: torch.Tensor, where: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probability of each target, that of the best token, and whether they are the same (1 or 0).

    Taken slice by slice: no second copy of the logits in float32.
    """
    kind = torch.float64 if logits.dtype == torch.float64 else torch.float32
    step = max(1, _SLICE // logits.shape[-1])
    normalizers, bests, guesses = [], [], []
    for part in torch.split(logits, step):
        wide = part.to(kind)
        normalizers.append(wide.logsumexp(-1))
        best, guess = wide.max(-1)
        bests.append(best)
        guesses.append(guess)
    normalizer = torch.cat(normalizers)
    own = logits[where, targets].to(kind) - normalizer[where]
    best = (torch.cat(bests) - normalizer)[where]
    hit = torch.cat(guesses)[where] == targets
    return own, best, hit.to(kind)
