"""Any causal language model of ``transformers`` as a `Model`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.chat import Chat
from pytest_llmcal.scoring.devices import threads_for
from pytest_llmcal.scoring.fitting import fitted
from pytest_llmcal.scoring.forward import Forward, Weighed
from pytest_llmcal.scoring.plan import Row, batches, rows_of_pairs, rows_of_text
from pytest_llmcal.scoring.protocol import LogLikelihood, ModelError, NextToken, Progress, Request
from pytest_llmcal.scoring.tokens import Encoder, Tokens
from pytest_llmcal.tasks import Item

_ENCODED_AT_ONCE = 1_000
"""Texts that are encoded between two words of progress: well under a second."""


class HuggingFaceModel:
    """A causal language model with its tokenizer.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        In evaluation mode, on its device.
    tokenizer : transformers.PreTrainedTokenizerBase
        Its tokenizer.
    facts : ModelFacts
        What is known of it.
    limit : int or None
        Tokens that it can read at once; None if any number.
    batch_tokens : int
        Most tokens of a batch, padding counted.
    truncate : {"left"} or None
        What happens to a context that is too long: its oldest tokens are left out, or it is an error.
    chat : Chat or None
        Renders contexts as a user's turn.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        facts: ModelFacts,
        *,
        limit: int | None,
        batch_tokens: int,
        truncate: Literal["left"] | None = None,
        chat: Chat | None = None,
    ) -> None:
        self._facts = facts
        self._tokenizer = tokenizer
        self._chat = chat
        self._encoder = Encoder(tokenizer, chat)
        self._vocabulary = model.get_input_embeddings().weight.shape[0]
        self._limit = limit
        self._batch_tokens = batch_tokens
        self._truncate = truncate
        self._forward: Forward | None = Forward(model)

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size."""
        return self._facts

    @property
    def prompting(self) -> dict[str, str | None]:
        """What, besides the model itself, the tokens of an item depend on: a cache of answers needs it in its key."""
        chat = self._chat
        return {
            "chat_template": None if chat is None else chat.template,
            "system": None if chat is None else chat.system,
            "truncate": self._truncate,
            "limit": None if self._limit is None else str(self._limit),
        }

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> list[LogLikelihood]:
        """Weigh every request, in the order given.

        Raises
        ------
        ModelError
            A continuation has no tokens, a prompt is too long, or the model was closed.
        """
        pairs = self._pairs(requests, progress)
        weighed = self._run(rows_of_pairs(pairs), progress)
        return [
            LogLikelihood(
                math.fsum(self._numbers(request.item, weighed[owner][0].log_probabilities)), len(continuation)
            )
            for owner, (request, (_, continuation)) in enumerate(zip(requests, pairs, strict=True))
        ]

    def next_tokens(self, texts: Sequence[tuple[str, str]], progress: Progress | None = None) -> list[list[NextToken]]:
        """Guess every token of each ``(id, text)``, in the order given.

        The begin-of-sequence token stands first where the tokenizer puts one by default; without
        one, the first token is not guessed. See `rows_of_text` for texts beyond the context.

        Raises
        ------
        ModelError
            A text has no token to guess, or the model was closed.
        """
        encoded = self._texts([text for _, text in texts], progress)
        rows: list[Row] = []
        for owner, ((text_id, _), tokens) in enumerate(zip(texts, encoded, strict=True)):
            self._check_vocabulary(text_id, tokens)
            planned = list(rows_of_text(owner, self._encoder.begin, tokens, self._limit))
            if not planned:
                raise ModelError(
                    f"text {text_id!r}: of its {len(tokens)} tokens none can be guessed from an earlier one"
                )
            rows.extend(planned)
        weighed = self._run(rows, progress)
        return [
            [
                NextToken(math.exp(best), hit)
                for part in weighed[owner]
                for best, hit in zip(self._numbers(text_id, part.best), part.hit, strict=True)
            ]
            for owner, (text_id, _) in enumerate(texts)
        ]

    def encoded(self, items: Sequence[Item]) -> list[list[tuple[Tokens, Tokens]]]:
        """Return context and continuation in tokens, for each choice of each item, as they are weighed.

        Raises
        ------
        ModelError
            As for ``log_likelihoods``.
        """
        requests = [Request(item.id, item.prompt, choice) for item in items for choice in item.choices]
        pairs = iter(self._pairs(requests, None))
        return [[next(pairs) for _ in item.choices] for item in items]

    @contextmanager
    def lent(self) -> Iterator[tuple[Any, Any]]:
        """Lend ``transformers``' model and tokenizer for the span of a ``with`` block, say to be trained.

        The model is closed afterwards: what was trained no longer is the model of that name and revision.

        Raises
        ------
        ModelError
            The model was closed.
        """
        forward = self._opened()
        try:
            with threads_for(self._facts.parameters or 0):
                yield forward.network, self._tokenizer
        finally:
            self.close()

    def close(self) -> None:
        """Free the memory; the model cannot be used afterwards."""
        if self._forward is not None:
            self._forward.free()
            self._forward = None

    def _pairs(self, requests: Sequence[Request], progress: Progress | None) -> list[tuple[Tokens, Tokens]]:
        """Encode requests and fit them in."""
        pairs = self._encoder.pairs(requests, progress)
        checked: Tokens = ()
        for request, (context, continuation) in zip(requests, pairs, strict=True):
            if context is not checked:  # that of an item's choices is one object
                self._check_vocabulary(request.item, context)
                checked = context
            self._check_vocabulary(request.item, continuation)
        return fitted(requests, pairs, limit=self._limit, truncate=self._truncate, head=self._encoder.head)

    def _texts(self, texts: Sequence[str], progress: Progress | None) -> list[Tokens]:
        """Encode running texts likewise; how many tokens there are in all is known at the end."""
        encoded: list[Tokens] = []
        for start in range(0, len(texts), _ENCODED_AT_ONCE):
            encoded += self._encoder.texts(texts[start : start + _ENCODED_AT_ONCE])
            if progress is not None:
                progress(0, sum(map(len, encoded)))
        return encoded

    def _run(self, rows: Sequence[Row], progress: Progress | None) -> dict[int, list[Weighed]]:
        """Weigh all spans; those of one owner come in order."""
        forward = self._opened()
        answers: dict[tuple[int, int], Weighed] = {}
        total = sum(len(row.spans) for row in rows)
        with threads_for(self._facts.parameters or 0):
            for batch in batches(rows, self._batch_tokens):
                for span, weighed in forward.run(batch):
                    answers[span.owner, span.offset] = weighed
                if progress is not None:
                    progress(len(answers), total)
        by_owner: dict[int, list[Weighed]] = {}
        for owner, offset in sorted(answers):
            by_owner.setdefault(owner, []).append(answers[owner, offset])
        return by_owner

    def _opened(self) -> Forward:
        if self._forward is None:
            raise ModelError(f"model {self._facts.name!r} was closed; load it again")
        return self._forward

    def _numbers(self, item: str, log_probabilities: Sequence[float]) -> Sequence[float]:
        """Return log-probabilities as they are; raise a `ModelError` if one is not a number."""
        if any(math.isnan(each) for each in log_probabilities):
            raise ModelError(
                f"item {item!r}: the model's output is not a number; its weights are damaged, or {self._facts.dtype} "
                f"is too narrow for it and float32 is not"
            )
        return log_probabilities

    def _check_vocabulary(self, item: str, tokens: Tokens) -> None:
        if tokens and max(tokens) >= self._vocabulary:
            raise ModelError(
                f"item {item!r}: its tokenizer gives token {max(tokens)}, the model knows 0 to {self._vocabulary - 1}"
            )
