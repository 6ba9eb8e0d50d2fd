"""Choices and running text, weighed by echo."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Sequence

from pytest_llmcal.scoring.protocol import LogLikelihood, ModelError, NextToken, Request
from pytest_llmcal.scoring.servers.client import Client
from pytest_llmcal.scoring.servers.echo import EchoedToken, ServerAnswerError, echoed


class BoundaryWarning(UserWarning):
    """A server's token reaches from a context into its continuation."""


class EchoWeighing:
    """Weighs by what a server says of its prompt's tokens.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lengths: dict[str, int] = {}
        self._told = False
        self._telling = threading.Lock()

    def weigh(self, request: Request) -> LogLikelihood:
        """Weigh one continuation, with the boundary where a local model has it.

        White space at the end of a context belongs to the continuation. Where a token reaches across the boundary, the
        continuation's tokens are those of both texts after as many as the context has alone, as in lm_eval.
        """
        before = request.context.rstrip()
        tokens = echoed(self._client, request.context + request.continuation)
        own = tokens[self._boundary(before, tokens) :]
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

    def _boundary(self, before: str, tokens: Sequence[EchoedToken]) -> int:
        for place, token in enumerate(tokens):
            if token.start == len(before):
                return place
        with self._telling:
            told, self._told = self._told, True
        if not told:
            warnings.warn(
                f"tokens of {self._client.address} reach from a context into its continuation, so that the context is "
                f"asked for alone too, to count its tokens",
                BoundaryWarning,
                stacklevel=2,
            )
        if before not in self._lengths:
            self._lengths[before] = len(echoed(self._client, before))
        return self._lengths[before]
