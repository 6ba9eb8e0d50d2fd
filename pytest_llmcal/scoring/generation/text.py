"""From tokens to text as they come, and the stop strings in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pytest_llmcal.scoring.tokens import Tokens

_INCOMPLETE = "\ufffd"
"""What a tokenizer gives for the first bytes of a character."""

_TAIL = 4
"""Tokens of the prompt before a text: whether its first token begins with a space may depend on them."""


class Detokenizer:
    """A tokenizer the other way round, that remembers what it has decoded.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerBase
    """

    def __init__(self, tokenizer: Any) -> None:
        def decode(tokens: Tokens) -> str:
            text: str = tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False)
            return text

        self.decode = lru_cache(maxsize=2**16)(decode)

    def tail(self, prompt: Tokens) -> Tokens:
        """Last tokens of a prompt, from the beginning of a character on."""
        length = min(_TAIL, len(prompt))
        while length < len(prompt) and self.decode(prompt[-length:]).startswith(_INCOMPLETE):
            length += 1
        return prompt[-length:]

    def after(self, before: Tokens, tokens: Tokens) -> str:
        """Text of tokens as it follows other tokens."""
        known, whole = self.decode(before), self.decode(before + tokens)
        return whole[len(known) :] if whole.startswith(known) else self.decode(tokens)


class GrowingText:
    """A text that grows by a token at a time, until a stop string is complete.

    Only the last tokens are decoded each time: those since the text was last without an incomplete character, and
    the ones before these, on which a space may depend.

    Parameters
    ----------
    detokenizer : Detokenizer
    prompt : tuple of int
        Tokens before the text.
    stops : sequence of str
        Stop strings.

    Attributes
    ----------
    text : str
        What was written, up to the stop string.
    """

    def __init__(self, detokenizer: Detokenizer, prompt: Tokens, stops: Sequence[str]) -> None:
        self._detokenizer = detokenizer
        self._stops = stops
        self._overlap = max(map(len, stops)) - 1
        self._settled = ""
        self._before = detokenizer.tail(prompt)
        self._pending: Tokens = ()
        self.text = ""

    def add(self, token: int) -> bool:
        """Add a token; say whether a stop string is complete now."""
        self._pending += (token,)
        fresh = self._detokenizer.after(self._before, self._pending)
        self.text = self._settled + fresh
        start = max(0, len(self._settled) - self._overlap)
        found = [place for stop in self._stops if (place := self.text.find(stop, start)) >= 0]
        if found:
            self.text = self.text[: min(found)]
        elif fresh and not fresh.endswith(_INCOMPLETE):
            self._settled, self._before, self._pending = self.text, self._pending, ()
        return bool(found)
