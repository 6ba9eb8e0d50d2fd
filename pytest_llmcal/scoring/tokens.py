"""Text to tokens, and the boundary between a context and its continuation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_llmcal.scoring.protocol import ModelError, Request

Tokens = tuple[int, ...]


class Encoder:
    """A tokenizer with the conventions of scoring.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
        Tokenizer of the model.

    Attributes
    ----------
    begin : tuple of int
        Tokens that the tokenizer puts before every text by default; empty if none.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.begin = self._begin()

    def _begin(self) -> Tokens:
        plain = self._encode(["a"])[0]
        default = tuple(self._tokenizer("a").input_ids)
        for start in range(len(default) - len(plain) + 1):
            if default[start : start + len(plain)] == plain:
                return default[:start]
        return ()

    def _encode(self, texts: Sequence[str]) -> list[Tokens]:
        if not texts:
            return []
        encoded = self._tokenizer(list(texts), add_special_tokens=False, verbose=False).input_ids
        return [tuple(ids) for ids in encoded]

    def pairs(self, requests: Sequence[Request]) -> list[tuple[Tokens, Tokens]]:
        """Encode contexts and continuations as lm_eval does.

        White space at the end of a context moves to the continuation. The continuation's tokens are those
        of both texts together after as many as the context has alone. An empty context is
        the begin-of-sequence token, or else the end-of-sequence token. A begin-of-sequence token
        is put first where the tokenizer does so by default, and never twice.

        Parameters
        ----------
        requests : sequence of Request

        Returns
        -------
        list of (context, continuation)
            Token ids, at least one in each.

        Raises
        ------
        ModelError
            A continuation has no token of its own; its item is named.
        """
        contexts = [request.context.rstrip() for request in requests]
        wholes = [request.context + request.continuation for request in requests]
        alone = self._distinct(contexts)
        together = self._distinct(wholes)
        pairs = []
        for request, context, whole in zip(requests, contexts, wholes, strict=True):
            before = alone[context]
            continuation = together[whole][len(before) :]
            if not continuation:
                raise ModelError(
                    f"item {request.item!r}: the continuation {request.continuation!r} has no token of its own "
                    f"after its context; at least one is needed"
                )
            pairs.append((self._begun(before) or (self._first(request.item),), continuation))
        return pairs

    def prompts(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode prompts to be continued, begun once.

        Unlike a context, a prompt keeps the white space at its end.

        Raises
        ------
        ModelError
            A text is empty, and no token can stand for it.
        """
        return [
            self._begun(tokens) or (self._first(f"prompt {place}"),) for place, tokens in enumerate(self._encode(texts))
        ]

    def _distinct(self, texts: Sequence[str]) -> dict[str, Tokens]:
        """Encode each text once."""
        once = list(dict.fromkeys(texts))
        return dict(zip(once, self._encode(once), strict=True))

    def _begun(self, tokens: Tokens) -> Tokens:
        return tokens if tokens[: len(self.begin)] == self.begin else self.begin + tokens

    def _first(self, item: str) -> int:
        """Token that stands in for an empty context."""
        for token in (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        raise ModelError(
            f"item {item!r}: the context is empty, and the tokenizer has neither a begin nor an end token "
            f"to stand for it"
        )

    def texts(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode running texts, without the tokens of ``begin``."""
        return [
            tokens[len(self.begin) :] if self.begin and tokens[: len(self.begin)] == self.begin else tokens
            for tokens in self._encode(texts)
        ]
