"""Chunks of questions to a model: one after the other, or several at once where it takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from pytest_llmcal.scoring.protocol import Model, Progress

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

Ask: TypeAlias = Callable[[Model, Sequence[Asked], Progress | None], Sequence[Answer]]
"""Puts questions of one kind to a model."""


@runtime_checkable
class ManyAtOnce(Protocol):
    """A model, or many copies of one, that answers several chunks at once."""

    def answered(
        self, ask: Ask[Any, Any], parts: Iterable[tuple[int, Sequence[Any]]]
    ) -> Iterator[tuple[int, Sequence[Any]]]:
        """Answer numbered chunks, each given back as soon as it is answered; the next is taken where there is room."""
        ...


def answered(
    model: Model, ask: Ask[Asked, Answer], parts: Iterable[tuple[int, Sequence[Asked]]], progress: Progress
) -> Iterator[tuple[int, Sequence[Answer]]]:
    """Put chunks to a model, and give the answers to each as they come.

    Parameters
    ----------
    model : Model
    ask : callable
        Puts one chunk to it.
    parts : iterable of (int, sequence)
        Numbered chunks. The next is taken once the answers before it were used, except by a model that takes many
        at once.
    progress : callable
        Told how far the model is with the chunk that it has, unless it has many.
    """
    if isinstance(model, ManyAtOnce):
        yield from model.answered(ask, parts)
        return
    for number, part in parts:
        yield number, ask(model, part, progress)
