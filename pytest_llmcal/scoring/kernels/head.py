"""Logits where they are read, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def only_at(network: Any, places: torch.Tensor) -> Iterator[Callable[[], bool]]:
    """Let the model's head see only the hidden states at some places, as one row.

    The model's own forward runs, so whatever it does to logits after its head (a scale, a soft cap)
    is done. A model that calls its head in another way, or not at all, is left alone.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    places : torch.Tensor of shape (p,)
        Indices into the flattened (batch, width) places.

    Yields
    ------
    callable
        Says, after the forward, whether the logits are of shape (1, p, vocabulary).
    """
    head = network.get_output_embeddings()
    calls: list[bool] = []

    def gather(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        plain = len(inputs) == 1 and isinstance(inputs[0], torch.Tensor) and inputs[0].dim() == 3
        calls.append(plain)
        return (inputs[0].flatten(0, 1)[places.to(inputs[0].device)][None],) if plain else None

    if head is None:
        yield lambda: False
        return
    hook = head.register_forward_pre_hook(gather)
    try:
        yield lambda: calls == [True]
    finally:
        hook.remove()
