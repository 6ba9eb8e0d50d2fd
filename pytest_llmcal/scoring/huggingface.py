"""Any language model of ``transformers``, causal or encoder-decoder, as a `Model`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.devices import threads_for
from pytest_llmcal.scoring.encoder_decoder import EncoderDecoder, SeparateEncoder
from pytest_llmcal.scoring.forward import Forward, Weighed
from pytest_llmcal.scoring.generation.generator import Generator
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.plan import Row, batches, rows_of_pairs, rows_of_text
from pytest_llmcal.scoring.protocol import (
    Generation,
    GenerationOptions,
    LogLikelihood,
    ModelError,
    NextToken,
    Progress,
    Prompts,
    Request,
)
from pytest_llmcal.scoring.tokens import Encoder, Tokens
from pytest_llmcal.tasks import Item

_ENCODED_AT_ONCE = 1_000
"""Texts that are encoded between two words of progress: well under a second."""


class HuggingFaceModel:
    """A language model with its tokenizer.

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
    ) -> None:
        self._facts = facts
        self._tokenizer = tokenizer
        self._encodes_apart = bool(model.config.is_encoder_decoder)
        self._encoder = SeparateEncoder(tokenizer) if self._encodes_apart else Encoder(tokenizer)
        self._vocabulary = model.get_input_embeddings().weight.shape[0]
        self._limit = limit
        self._batch_tokens = batch_tokens
        self._truncate = truncate
        self._forward: Forward | None = Forward(model)

    @property
    def facts(self) -> ModelFacts:
        """Name, revision, dtype, device and size."""
        return self._facts

    def log_likelihoods(self, requests: Sequence[Request], progress: Progress | None = None) -> list[LogLikelihood]:
        """Weigh every request, in the order given.

        Raises
        ------
        ModelError
            A continuation has no tokens, a prompt is too long, or the model was closed.
        """
        pairs = self._pairs(requests, progress)
        if self._encodes_apart:
            with threads_for(self._facts.parameters or 0):
                network = self._opened().network
                weighed = EncoderDecoder(network, self._batch_tokens).log_probabilities(pairs, progress)
        else:
            found = self._run(rows_of_pairs(pairs), progress)
            weighed = [found[owner][0].log_probabilities for owner in range(len(pairs))]
        return [
            LogLikelihood(math.fsum(self._numbers(request.item, each)), len(each))
            for request, each in zip(requests, weighed, strict=True)
        ]

    def next_tokens(self, texts: Sequence[tuple[str, str]], progress: Progress | None = None) -> list[list[NextToken]]:
        """Guess every token of each ``(id, text)``, in the order given.

        The begin-of-sequence token stands first where the tokenizer puts one by default; without
        one, the first token is not guessed. See `rows_of_text` for texts beyond the context.

        Raises
        ------
        ModelError
            A text has no token to guess, the model has an encoder and a decoder, or it was closed.
        """
        self._check_decoder_alone("guess the next tokens of running text")
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

    def generate(
        self, prompts: Prompts, options: GenerationOptions, progress: Progress | None = None
    ) -> list[list[Generation]]:
        """Continue each prompt, in the order given; ``options.samples`` texts for each.

        Penalties, forced tokens and the like of the model's generation configuration are not applied, its end tokens
        are.

        Parameters
        ----------
        prompts : sequence of Item or (str, str)
            Items, or pairs of an id and a text.
        options : GenerationOptions
            How long, where to stop, greedy or drawn, how many for each.
        progress : callable, optional
            Called with (done, all) texts.

        Raises
        ------
        ModelError
            Two prompts share an id, one is too long with ``max_tokens`` after it, or the model was closed.

        Examples
        --------
        >>> from pytest_llmcal import load_model
        >>> model = load_model("world/gpt2", device="cpu")
        >>> options = GenerationOptions(max_tokens=8, stop=".", temperature=1.0, samples=3)
        >>> [samples] = model.generate([("bees", "Question: Who keeps the bees of Oakrise? Answer:")], options)
        >>> len(samples), len(samples[0].tokens) == len(samples[0].log_probabilities)
        (3, True)
        """
        pairs = prompts_of(prompts)
        if progress is not None:
            progress(0, len(pairs) * options.samples)
        network = self._opened().network
        fitted = [
            (prompt_id, self._room_after(prompt_id, text, tokens, options.max_tokens))
            for (prompt_id, text), tokens in zip(pairs, self._encoder.prompts([text for _, text in pairs]), strict=True)
        ]
        with threads_for(self._facts.parameters or 0):
            answers = Generator(network, self._tokenizer, self._batch_tokens).generate(fitted, options, progress)
        for (prompt_id, _), samples in zip(pairs, answers, strict=True):
            for sample in samples:
                self._numbers(prompt_id, sample.log_probabilities)
        return answers

    def encoded(self, items: Sequence[Item]) -> list[list[tuple[Tokens, Tokens]]]:
        """Return context and continuation in tokens, for each choice of each item, as they are weighed.

        Raises
        ------
        ModelError
            As for ``log_likelihoods``, or the model has an encoder and a decoder.
        """
        self._check_decoder_alone("be trained on items")
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
        """Encode requests and fit them in, in parts so that it can be said that work is under way."""
        pairs: list[tuple[Tokens, Tokens]] = []
        for start in range(0, len(requests), _ENCODED_AT_ONCE):
            part = requests[start : start + _ENCODED_AT_ONCE]
            pairs += [
                self._fitted(request, context, continuation)
                for request, (context, continuation) in zip(part, self._encoder.pairs(part), strict=True)
            ]
            if progress is not None:
                progress(0, len(requests))
        return pairs

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

    def _fitted(self, request: Request, context: Tokens, continuation: Tokens) -> tuple[Tokens, Tokens]:
        """Return a pair that fits into the context: as it is, or truncated where that was asked for."""
        self._check_vocabulary(request.item, context + continuation)
        return self._shortened(request.item, request.context, context, len(continuation), "choice"), continuation

    def _room_after(self, item: str, text: str, prompt: Tokens, max_tokens: int) -> Tokens:
        """Return a prompt that leaves room for a text, likewise."""
        self._check_vocabulary(item, prompt)
        return self._shortened(item, text, prompt, max_tokens, "max_tokens")

    def _shortened(self, item: str, text: str, context: Tokens, after: int, name: str) -> Tokens:
        """Return a context that fits with ``after`` tokens, the last of which is not read."""
        beside = 0 if self._encodes_apart else after - 1
        length = max(len(context) + beside, after)
        if self._limit is None or length <= self._limit:
            return context
        begin = self._encoder.begin
        room = self._limit - beside - len(begin)
        if self._truncate is None or room < 1 or after > self._limit:
            raise ModelError(
                f"item {item!r} ({_opening(text)}): prompt and {name} are {length} tokens, the "
                f"model reads at most {self._limit}"
                + ('; truncate="left" (--llmcal-truncate left) leaves out the oldest' if self._truncate is None else "")
            )
        # the begin token is kept: models that always saw one are lost without it
        return begin + context[-room:]

    def _numbers(self, item: str, log_probabilities: Sequence[float]) -> Sequence[float]:
        """Return log-probabilities as they are; raise a `ModelError` if one is not a number."""
        if any(math.isnan(each) for each in log_probabilities):
            raise ModelError(
                f"item {item!r}: the model's output is not a number; its weights are damaged, or {self._facts.dtype} "
                f"is too narrow for it and float32 is not"
            )
        return log_probabilities

    def _check_decoder_alone(self, what: str) -> None:
        if self._encodes_apart:
            raise ModelError(
                f"model {self._facts.name!r} has an encoder and a decoder: it cannot {what}, only weigh choices and "
                f"generate"
            )

    def _check_vocabulary(self, item: str, tokens: Tokens) -> None:
        if tokens and max(tokens) >= self._vocabulary:
            raise ModelError(
                f"item {item!r}: its tokenizer gives token {max(tokens)}, the model knows 0 to {self._vocabulary - 1}"
            )


def _opening(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
