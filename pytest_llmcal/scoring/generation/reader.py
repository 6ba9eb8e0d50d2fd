"""A model that reads prompts and then a token a row at a time, and remembers what it has read."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Protocol

import torch

from pytest_llmcal.scoring.encoder_decoder import decoder_start, encode
from pytest_llmcal.scoring.tokens import Tokens

MEMORIES = ("past_key_values", "cache_params")
"""What models call their memory: keys and values, or the states of a state-space model."""


class Reader(Protocol):
    """What the loop asks of a model."""

    def read(self, prompts: Sequence[Tokens], room: int) -> torch.Tensor:
        """Read prompts, a row each, and forget what was before; ``room`` tokens will follow at most.

        Returns logits of the next token, of shape (rows, vocabulary); so do the others.
        """
        ...

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows, some of them several times."""
        ...

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token in each row, shape (rows,)."""
        ...


def pads(network: Any) -> bool:
    """Tell whether rows of different lengths may run together.

    They are padded on the left, which only a model that is told its positions, and has no state that the padding would
    run through, does not notice.
    """
    if network.config.is_encoder_decoder:
        return True
    told = "position_ids" in inspect.signature(network.forward).parameters
    return told and not getattr(network, "_is_stateful", False)


class DecoderReader:
    """Reads with a model that has a decoder alone.

    A model without a memory that rows can be taken from reads everything anew at every step.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    """

    def __init__(self, network: Any) -> None:
        self._network = network
        self._accepted = inspect.signature(network.forward).parameters
        self._options = {"logits_to_keep": 1} if "logits_to_keep" in self._accepted else {}
        self._memory: tuple[str, Any] | None = None
        self._ids = self._mask = torch.empty(0)
        self._padding = torch.empty(0)
        self._length = 0

    def read(self, prompts: Sequence[Tokens], room: int) -> torch.Tensor:
        """Read prompts, padded on the left."""
        self._memory = _own_memory(self._network, self._accepted)
        self._length = max(map(len, prompts))
        padding = [self._length - len(prompt) for prompt in prompts]
        device = self._network.device
        self._ids = torch.tensor([(0,) * pad + p for pad, p in zip(padding, prompts, strict=True)], device=device)
        self._padding = torch.tensor(padding, device=device)
        columns = torch.arange(self._length + room, device=device)
        # a mask costs time at every step, and where no row is padded it says nothing
        self._padded = any(padding)
        self._mask = (columns >= self._padding[:, None]).long()
        return self._forward(self._ids)

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows."""
        self._mask, self._padding, self._ids = self._mask[rows], self._padding[rows], self._ids[rows]
        if self._memory is not None:
            self._memory[1].reorder_cache(rows)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token in each row."""
        self._length += 1
        if self._memory is None:
            self._ids = torch.cat([self._ids, tokens[:, None]], 1)
            return self._forward(self._ids)
        return self._forward(tokens[:, None])

    def _forward(self, ids: torch.Tensor) -> torch.Tensor:
        inputs = {"input_ids": ids, "use_cache": True, **self._options}
        if self._padded:
            inputs["attention_mask"] = self._mask[:, : self._length]
        if "position_ids" in self._accepted:
            columns = torch.arange(self._length - ids.shape[1], self._length, device=ids.device)
            inputs["position_ids"] = (columns - self._padding[:, None]).clamp_(min=0)
        if self._memory is not None:
            inputs[self._memory[0]] = self._memory[1]
        output = self._network(**inputs)
        self._memory = _memory_of(output, self._accepted)
        logits: torch.Tensor = output.logits[:, -1]
        return logits


def _own_memory(network: Any, accepted: Any) -> tuple[str, Any] | None:
    """Memory that this package brings along; None where the model is to make its own."""
    usual = getattr(network, "_supports_default_dynamic_cache", bool)() and not getattr(network, "_is_stateful", False)
    if not usual or "past_key_values" not in accepted:
        return None
    try:
        from pytest_llmcal.scoring.generation.roomy_cache import roomy_cache
    except ImportError:  # versions of transformers whose cache has no layers that could be replaced
        return None
    return "past_key_values", roomy_cache(network.config)


def _memory_of(output: Any, accepted: Any) -> tuple[str, Any] | None:
    """Name and content of a memory that rows can be taken from; None where there is none."""
    for name in MEMORIES:
        memory = getattr(output, name, None)
        if name in accepted and hasattr(memory, "reorder_cache"):
            return name, memory
    return None


class EncoderDecoderReader:
    """Reads prompts with the encoder, once, and texts with the decoder.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    """

    def __init__(self, network: Any) -> None:
        self._network = network
        self._start = decoder_start(network)
        self._encoded = self._mask = torch.empty(0)
        self._memory: Any = None

    def read(self, prompts: Sequence[Tokens], room: int) -> torch.Tensor:  # noqa: ARG002  # no mask grows here
        """Encode prompts, and begin to decode."""
        self._encoded, self._mask = encode(self._network, prompts)
        self._memory = None
        return self.step(torch.full((len(prompts),), self._start, device=self._network.device))

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows."""
        self._encoded, self._mask = self._encoded[rows], self._mask[rows]
        self._memory.reorder_cache(rows)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Read one more token in each row."""
        from transformers.modeling_outputs import BaseModelOutput

        output = self._network(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._encoded),
            attention_mask=self._mask,
            decoder_input_ids=tokens[:, None],
            past_key_values=self._memory,
            use_cache=True,
        )
        self._memory = output.past_key_values
        logits: torch.Tensor = output.logits[:, -1]
        return logits


def reader_of(network: Any) -> Reader:
    """Return what reads with a model."""
    return EncoderDecoderReader(network) if network.config.is_encoder_decoder else DecoderReader(network)
