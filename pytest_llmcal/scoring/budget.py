"""How many tokens are run at once: as many as memory gives, fewer where it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from pytest_llmcal.scoring.protocol import ModelError

Done = TypeVar("Done")

_PATIENCE = 8
"""Batches that must fit before more tokens are tried again; doubled each time that goes wrong."""


BATCH_TOKENS = {"cpu": 2_048, "cuda": 16_384, "mps": 4_096}
"""Most tokens of a batch by kind of device, where free memory does not say: on a CPU, what its caches bear."""

_LEAST, _MOST = 2_048, 131_072
_SHARE = 0.5
"""Share of the free memory that a batch may take; what is estimated wrongly is found out by halving."""


def batch_tokens_for(config: Any, itemsize: int, device: str, free: int | None) -> int:
    """Say how many tokens to run at once, from what a token takes and what is free, without trying it out.

    In a layer a token has its hidden state about six times over (residual, norm, queries, keys, values, output)
    and the two inner states of a feed-forward part; layers follow one another in the same memory.

    Parameters
    ----------
    config : transformers.PreTrainedConfig
        Of the text model.
    itemsize : int
        Bytes of a number.
    device : str
        Kind of device.
    free : int or None
        Bytes that are free there; None if nobody knows.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> llama_7b = SimpleNamespace(hidden_size=4096, intermediate_size=11008)
    >>> batch_tokens_for(llama_7b, 2, "cuda", 20 * 2**30), batch_tokens_for(llama_7b, 2, "cuda", 2**30)
    (115228, 5761)
    >>> batch_tokens_for(llama_7b, 4, "cpu", None)
    2048
    """
    hidden = getattr(config, "hidden_size", None)
    if device != "cuda" or free is None or not isinstance(hidden, int):
        return BATCH_TOKENS[device]
    inner = getattr(config, "intermediate_size", None) or 4 * hidden
    return max(_LEAST, min(_MOST, int(_SHARE * free) // (itemsize * (6 * hidden + 2 * inner))))


class Budget:
    """Most tokens of a batch.

    Parameters
    ----------
    tokens : int
        Where to begin, and where to end up again when there is room.

    Examples
    --------
    >>> budget = Budget(2_048)
    >>> budget.shrink(1_500)
    >>> budget.tokens
    750
    >>> for _ in range(16):
    ...     budget.fitted()
    >>> budget.tokens
    1500
    """

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self._most = tokens
        self._patience = _PATIENCE
        self._fitted = 0

    def shrink(self, tokens: int) -> None:
        """Take note that a batch of so many tokens did not fit into memory."""
        self.tokens = max(1, tokens // 2)
        self._patience *= 2
        self._fitted = 0

    def fitted(self) -> None:
        """Take note that a batch did; after many, more tokens are tried again."""
        self._fitted += 1
        if self._fitted >= self._patience and self.tokens < self._most:
            self.tokens = min(self._most, 2 * self.tokens)
            self._fitted = 0

    def tried(self, work: Callable[[], Done], tokens: int, *, is_least: bool) -> Done | None:
        """Do some work; if memory is not enough for it, give less from now on, and return None.

        Parameters
        ----------
        work : callable
        tokens : int
            Tokens of its batch.
        is_least : bool
            Whether a smaller batch is impossible.

        Raises
        ------
        ModelError
            Memory is not enough for the least.
        """
        try:
            done = work()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if is_least:
                raise too_large(tokens) from error
        else:
            self.fitted()
            return done
        # outside of the handler: while an error lives, so does all that its frames hold
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.shrink(tokens)
        return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was not enough, on a GPU or on the CPU."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def too_large(tokens: int) -> ModelError:
    """Make the error for a single row that does not fit."""
    return ModelError(f"one text of {tokens} tokens does not fit into memory; use a larger device")
