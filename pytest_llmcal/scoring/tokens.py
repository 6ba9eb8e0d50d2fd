"""Text to tokens, and the boundary between a context and its continuation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pytest_llmcal.scoring.chat import Chat
from pytest_llmcal.scoring.cut_encoding import CutEncoding, DisagreementError, beginning, one_thread
from pytest_llmcal.scoring.cuts import cuts_of
from pytest_llmcal.scoring.protocol import ModelError, Progress, Request

Tokens = tuple[int, ...]

_CONTEXTS_AT_ONCE = 250
"""Contexts that are encoded between two words of progress: well under a second."""


class _SharedIds(dict[int, int]):
    """One object for each token id, however often it occurs: a number takes 28 bytes, a reference to it 8."""

    def __missing__(self, token: int) -> int:
        self[token] = token
        return token


class Encoder:
    """A tokenizer with the conventions of scoring.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        Tokenizer of the model.
    chat : Chat, optional
        Contexts are rendered by it, as a user's turn.
    cut : bool
        Whether texts may be cut to be encoded faster, where that is certain to give the same tokens.

    Attributes
    ----------
    begin : tuple of int
        Tokens that the tokenizer puts before every text by default; empty if none.
    """

    def __init__(self, tokenizer: Any, chat: Chat | None = None, *, cut: bool = True) -> None:
        self._tokenizer = tokenizer
        self._chat = chat
        self._ids = _SharedIds()
        self.begin = self._begin()
        cuts = cuts_of(tokenizer) if cut else None
        self._cutting = None if cuts is None else CutEncoding(tokenizer, cuts, self._encode, self._tokens)

    @cached_property
    def head(self) -> Tokens:
        """Tokens that stand before every prompt: those of ``begin``, or all that the chat template writes there."""
        if self._chat is None:
            return self.begin
        first, second = self.prompts(["a", "1"])
        return first[: beginning(first, second)]

    @property
    def cuts(self) -> bool:
        """Whether texts are cut."""
        return self._cutting is not None

    def _begin(self) -> Tokens:
        plain = self._encode(["a"])[0]
        with one_thread():
            default = tuple(self._tokenizer("a").input_ids)
        for start in range(len(default) - len(plain) + 1):
            if default[start : start + len(plain)] == plain:
                return default[:start]
        return ()

    def _encode(self, texts: Sequence[str]) -> list[Tokens]:
        if not texts:
            return []
        with one_thread():
            encoded = self._tokenizer(list(texts), add_special_tokens=False, verbose=False).input_ids
        return [self._tokens(ids) for ids in encoded]

    def _tokens(self, ids: Sequence[int]) -> Tokens:
        return tuple(map(self._ids.__getitem__, ids))

    def pairs(self, requests: Sequence[Request], progress: Progress | None = None) -> list[tuple[Tokens, Tokens]]:
        """Encode contexts and continuations as lm_eval does.

        White space at the end of a context moves to the continuation. The continuation's tokens are those
        of both texts together after as many as the context has alone. An empty context is
        the begin-of-sequence token, or else the end-of-sequence token. A begin-of-sequence token
        is put first where the tokenizer does so by default, and never twice.

        With chat, a context is rendered as a user's turn, unless it is empty, and the space that a continuation
        begins with is left out: the answer stands first in the model's turn.

        Parameters
        ----------
        requests : sequence of Request
        progress : callable, optional
            Called with (0, number of requests) every now and then.

        Returns
        -------
        list of (context, continuation)
            Token ids, at least one in each. Equal contexts are one object.

        Raises
        ------
        ModelError
            A continuation has no token of its own; its item is named.
        """
        owners: dict[str, list[int]] = {}
        for owner, request in enumerate(requests):
            owners.setdefault(request.context, []).append(owner)
        try:
            return self._pairs(requests, owners, progress)
        except DisagreementError as found:
            self._cutting = None
            warnings.warn(
                f"the tokenizer of {self._tokenizer.name_or_path!r} encodes {found} otherwise than as part of a longer "
                f"text; from here on every text is encoded whole, which is slower. Please report the tokenizer",
                stacklevel=2,
            )
            return self._pairs(requests, owners, progress)

    def _pairs(
        self, requests: Sequence[Request], owners: dict[str, list[int]], progress: Progress | None
    ) -> list[tuple[Tokens, Tokens]]:
        """Encode part by part; ``owners`` are the requests of each context."""
        pairs: list[tuple[Tokens, Tokens]] = [((), ())] * len(requests)
        contexts = list(owners)
        for start in range(0, len(contexts), _CONTEXTS_AT_ONCE):
            part = contexts[start : start + _CONTEXTS_AT_ONCE]
            texts = [self._parted(context, [requests[owner] for owner in owners[context]]) for context in part]
            encoded = (self._whole if self._cutting is None else self._cutting.pairs)(texts)
            for context, (before, follow) in zip(part, encoded, strict=True):
                begun = self._begun(before) or self._first(f"item {requests[owners[context][0]].item!r}: the context")
                for owner, continuation in zip(owners[context], follow, strict=True):
                    pairs[owner] = begun, _own(requests[owner], begun, before, continuation)
            if progress is not None:
                progress(0, len(requests))
        return pairs

    def _parted(self, context: str, requests: Sequence[Request]) -> tuple[str, list[str]]:
        """Move white space at the end of a context to the continuations of its requests."""
        text = self._chat.rendered(context) if self._chat is not None and context else context
        before = text.rstrip()
        space = text[len(before) :]
        # lm_eval's delimiter of prompt and choice, which it leaves out under a chat template
        bare = (request.continuation.removeprefix(" ") if self._chat else request.continuation for request in requests)
        return before, [space + continuation for continuation in bare]

    def _whole(self, texts: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[Tokens, list[Tokens]]]:
        """Encode contexts and what follows each, in the simple way: what every other way is held against."""
        once = dict.fromkeys(context + after for context, follow in texts for after in ("", *follow))
        encoded = dict(zip(once, self._encode(list(once)), strict=True))
        return [
            (encoded[context], [encoded[context + after][len(encoded[context]) :] for after in follow])
            for context, follow in texts
        ]

    def _begun(self, tokens: Tokens) -> Tokens:
        return tokens if tokens[: len(self.begin)] == self.begin else self.begin + tokens

    def _first(self, what: str) -> Tokens:
        """Token that stands in for an empty context."""
        for token in (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id):
            if token is not None:
                return (int(token),)
        raise ModelError(f"{what} is empty, and the tokenizer has neither a begin nor an end token to stand for it")

    def prompts(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode prompts to be continued: rendered by the chat template if there is one, begun once.

        Unlike a context, a prompt keeps the white space at its end.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        list of tuple of int
            At least one token each.

        Raises
        ------
        ModelError
            A text is empty, and no token can stand for it.
        """
        rendered = [text if self._chat is None else self._chat.rendered(text) for text in texts]
        encoded = self._encode(rendered)
        return [self._begun(tokens) or self._first(f"prompt {place}") for place, tokens in enumerate(encoded)]

    def texts(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode running texts, without the tokens of ``begin``; a chat template has no part in them."""
        return [
            tokens[len(self.begin) :] if self.begin and tokens[: len(self.begin)] == self.begin else tokens
            for tokens in self._encode(texts)
        ]


def _own(request: Request, begun: Tokens, before: Tokens, continuation: Tokens) -> Tokens:
    """Tokens of a continuation, less a begin token that would stand twice behind an empty context."""
    if not before and continuation[: len(begun)] == begun:
        continuation = continuation[len(begun) :]
    if not continuation:
        raise ModelError(
            f"item {request.item!r}: the continuation {request.continuation!r} has no token of its own "
            f"after its context; at least one is needed"
        )
    return continuation
