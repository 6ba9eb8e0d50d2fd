"""How many tokens are run at once: as many as memory gives, fewer where it does not."""

from __future__ import annotations

import torch

from pytest_llmcal.scoring.protocol import ModelError

_PATIENCE = 8
"""Batches that must fit before more tokens are tried again; doubled each time that goes wrong."""


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


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was not enough, on a GPU or on the CPU."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def too_large(tokens: int) -> ModelError:
    """Make the error for a single row that does not fit."""
    return ModelError(f"one prompt with its choices, {tokens} tokens, does not fit into memory; use a larger device")
