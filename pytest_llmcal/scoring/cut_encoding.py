"""Contexts and continuations to tokens, each context once, by encoding texts cut at safe places."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pytest_llmcal.scoring.cuts import Cuts

Tokens = tuple[int, ...]
Simple = Callable[[Sequence[str]], list[Tokens]]

_OPENING = 200
"""Characters that contexts must have in common before it is worth while to encode those apart."""

_ALWAYS, _EVERY = 16, 64
"""The first so many contexts are compared with the simple way, and one in so many after them."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep the Rust tokenizer to one thread for the span of a ``with`` block, unless the user set it otherwise.

    Its threads are as many as the machine has cores, whatever else runs there, and some versions, once they were
    used, warn at every fork. ``TOKENIZERS_PARALLELISM=true`` asks for them.
    """
    name = "TOKENIZERS_PARALLELISM"
    if name in os.environ:
        yield
        return
    os.environ[name] = "false"
    try:
        yield
    finally:
        os.environ.pop(name, None)


class DisagreementError(Exception):
    """Parts of a text were encoded in another way than the whole; the text says what."""


class CutEncoding:
    """Encodes what `cuts_of` has judged fit to be cut.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerFast
    cuts : Cuts
        Where its texts may be cut.
    simple : callable
        Encodes whole texts, to be compared with.
    tokens : callable
        Makes a tuple of a list of token ids.
    """

    def __init__(self, tokenizer: Any, cuts: Cuts, simple: Simple, tokens: Callable[[list[int]], Tokens]) -> None:
        backend = tokenizer.backend_tokenizer
        self._encode_batch = getattr(backend, "encode_batch_fast", backend.encode_batch)  # tokenizers 0.19 lacks it
        self._tokens = tokens
        self._cuts = cuts
        self._simple = simple
        self._seen = 0

    def pairs(self, texts: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[Tokens, list[Tokens]]]:
        """Encode contexts and what follows each.

        Parameters
        ----------
        texts : sequence of (context, sequence of continuation)
            Contexts without white space at the end.

        Returns
        -------
        list of (tokens, list of tokens)
            Of each context, and of each continuation: those of both together after as many as the context has.

        Raises
        ------
        DisagreementError
            The tokenizer does not keep to what it was judged by.
        """
        places = [self._cuts.last(context) for context, _ in texts]
        tails = [self._cuts.behind(context, place) for (context, _), place in zip(texts, places, strict=True)]
        cut = [tail for tail, place in zip(tails, places, strict=True) if place]
        joined = [tail + after for tail, (_, follow) in zip(tails, texts, strict=True) for after in follow]
        encoded = self._encoded([*cut, *joined])
        contexts = self.alone([context for context, _ in texts])
        pairs = []
        for (context, follow), tail, place, before in zip(texts, tails, places, contexts, strict=True):
            behind = encoded[tail] if place else before
            # where the cut is safe this cannot be otherwise; it costs nothing to see
            if before[len(before) - len(behind) :] != behind:
                raise DisagreementError(f"the end of {context[-80:]!r} by itself")
            pairs.append((before, [encoded[tail + after][len(behind) :] for after in follow]))
        self._compare(texts, pairs)
        return pairs

    def alone(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode texts; what many begin with is encoded once."""
        groups: dict[str, list[str]] = {}
        for text in dict.fromkeys(texts):
            groups.setdefault(text[:_OPENING], []).append(text)
        heads: dict[str, int] = {opening: self._shared(group) for opening, group in groups.items()}
        places = [heads[text[:_OPENING]] for text in texts]
        parts = [(text[:place], self._cuts.behind(text, place)) for text, place in zip(texts, places, strict=True)]
        encoded = self._encoded(part for pair in parts for part in pair if part)
        return [encoded[head] + encoded[rest] if head else encoded.get(rest, ()) for head, rest in parts]

    def _shared(self, texts: Sequence[str]) -> int:
        """Where to cut off what all texts begin with."""
        if len(texts) < 2:
            return 0
        first = min(texts)  # what it and the last in order begin with, all between them do
        return self._cuts.last(first[: beginning(first, max(texts))])

    def _encoded(self, texts: Iterable[str]) -> dict[str, Tokens]:
        """Encode each text once."""
        self._simple(["a"])  # ends the truncation or padding that another call may have left switched on
        once = list(dict.fromkeys(texts))
        with one_thread():
            encoded = self._encode_batch(once, add_special_tokens=False)
        return {text: self._tokens(each.ids) for text, each in zip(once, encoded, strict=True)}

    def _compare(self, texts: Sequence[tuple[str, Sequence[str]]], pairs: list[tuple[Tokens, list[Tokens]]]) -> None:
        """Encode some texts whole: not by what is known of tokenizers, but by what this one does."""
        for (context, follow), (before, found) in zip(texts, pairs, strict=True):
            self._seen += 1
            if self._seen > _ALWAYS and self._seen % _EVERY:
                continue
            alone, whole = self._simple([context, context + follow[0]])
            if before != alone or found[0] != whole[len(alone) :]:
                raise DisagreementError(f"{context[-80:]!r} with {follow[0]!r}")


def beginning(first: Sequence[object], second: Sequence[object]) -> int:
    """Return how many elements two sequences have in common from their beginning on.

    Examples
    --------
    >>> beginning("river bed", "river bank")
    7
    """
    places = (place for place, (one, other) in enumerate(zip(first, second, strict=False)) if one != other)
    return next(places, min(len(first), len(second)))
