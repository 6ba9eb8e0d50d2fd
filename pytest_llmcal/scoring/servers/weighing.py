"""Choices and running text, weighed by echo."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_llmcal.scoring.protocol import LogLikelihood, ModelError, NextToken, Request
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.echo import MOST_APART, EchoedToken, ServerAnswerError, echoed


class EchoWeighing:
    """Weighs by what a server says of its prompt's tokens.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._alone: dict[str, list[EchoedToken]] = {}

    def weigh(self, request: Request) -> LogLikelihood:
        """Weigh one continuation, with the boundary where a local model has it.

        White space at the end of a context belongs to the continuation.

        Raises
        ------
        ServerAnswerError
            A token reaches across the boundary, or the server does not tell all of the continuation's tokens.
        """
        before = request.context.rstrip()
        tokens = echoed(self._client, request.context + request.continuation)
        own = tokens[self._boundary(request, before, tokens) :]
        if not own:
            raise ModelError(
                f"item {request.item!r}: the continuation {request.continuation!r} has no token of its own "
                f"after its context; at least one is needed"
            )
        known = [token.log_probability for token in own if token.log_probability is not None]
        if len(known) < len(own):
            why = (
                "its context is empty, and of the first token a server says nothing"
                if not before
                else "the server says too little"
            )
            raise ServerAnswerError(
                f"item {request.item!r}: {len(own) - len(known)} of the {len(own)} tokens of the continuation "
                f"{request.continuation!r} have no log-probability: {why}"
            )
        return LogLikelihood(math.fsum(known), len(own))

    def guess(self, text_id: str, text: str) -> Sequence[NextToken]:
        """Guess every token of a running text, the first one aside where the server says nothing of it."""
        tokens = [token for token in echoed(self._client, text) if token.log_probability is not None]
        if not tokens:
            raise ModelError(f"text {text_id!r}: no token can be guessed from an earlier one")
        for place, token in enumerate(tokens):
            if not token.tells_the_best:
                raise ServerAnswerError(
                    f"text {text_id!r}: token {place} is a part of a character, and the server names such tokens "
                    f"alike, so that its most probable token is not known; leave the text out, or load the model itself"
                )
        return [NextToken(math.exp(token.best), token.log_probability == token.best) for token in tokens]

    def _boundary(self, request: Request, before: str, tokens: Sequence[EchoedToken]) -> int:
        """Return the place of the continuation's first token."""
        for place, token in enumerate(tokens):
            if token.start == len(before):
                return place
        if before not in self._alone:  # it may end within characters that are cut, where no token's place is known
            self._alone[before] = echoed(self._client, before)
        alone = self._alone[before]
        if not all(map(_is_same, alone, tokens)):
            raise ServerAnswerError(
                f"item {request.item!r}: for the server a token reaches from the end of the context, "
                f"{before[-20:]!r}, into the continuation {request.continuation!r}, so that it says nothing of the "
                f"continuation alone; let the context end with a whole word, or load the model itself"
            )
        return len(alone)


def _is_same(one: EchoedToken, other: EchoedToken) -> bool:
    """Tell whether tokens of two texts that begin alike are the same: parts of characters all have one text."""
    if one.log_probability is None or other.log_probability is None:
        return one.text == other.text
    return one.text == other.text and abs(one.log_probability - other.log_probability) <= MOST_APART
