"""What a model has to offer to be trained; ``load_model`` gives such a one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.tasks import Item

Tokens = tuple[int, ...]


@runtime_checkable
class Student(Protocol):
    """A causal language model of ``transformers`` that can be trained."""

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size."""
        ...

    def encoded(self, items: Sequence[Item]) -> Sequence[Sequence[tuple[Tokens, Tokens]]]:
        """Return context and continuation in tokens, for each choice of each item, as they are weighed when scored."""
        ...

    def lent(self) -> AbstractContextManager[tuple[Any, Any]]:
        """Lend ``transformers``' model and tokenizer for the span of a ``with`` block, and close the model after it."""
        ...
