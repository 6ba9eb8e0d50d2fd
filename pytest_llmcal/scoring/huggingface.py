"""Any language model of ``transformers``, causal or encoder-decoder, as a `Model`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.chat import Chat
from pytest_llmcal.scoring.encoder_decoder import EncoderDecoder, SeparateEncoder
from pytest_llmcal.scoring.engine import Engine
from pytest_llmcal.scoring.fitting import fitted, shortened
from pytest_llmcal.scoring.generation.generator import Generator
from pytest_llmcal.scoring.generation.prompts import prompts_of
from pytest_llmcal.scoring.plan import Row, rows_of_text
from pytest_llmcal.scoring.protocol import (
    Generation,
    GenerationOptions,
    LogLikelihood,
    Model,
    ModelError,
    NextToken,
    Progress,
    Prompts,
    Request,
)
from pytest_llmcal.scoring.threads import threads_for
from pytest_llmcal.scoring.tokens import Encoder, Tokens
from pytest_llmcal.tasks import Item

_REQUESTS_AT_ONCE = 8_192
_TEXTS_AT_ONCE = 1_024
"""What is encoded, planned and run together: enough to find what is shared, little enough to be held in memory."""


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
    threads : int or None
        Most threads of the CPU; None if as many as torch is set to.
    in_float32 : callable, optional
        Loads the same model again, in float32.
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
        threads: int | None = None,
        in_float32: Callable[[], Model] | None = None,
        chat: Chat | None = None,
    ) -> None:
        self._facts = facts
        self._tokenizer = tokenizer
        self._encodes_apart = bool(model.config.is_encoder_decoder)
        self._encoder = SeparateEncoder(tokenizer) if self._encodes_apart else Encoder(tokenizer, chat)
        self._batch_tokens = batch_tokens
        self._vocabulary = model.get_input_embeddings().weight.shape[0]
        self._limit = limit
        self._truncate = truncate
        self._threads = threads
        self.in_float32 = in_float32
        self._engine: Engine | None = Engine(model, batch_tokens)

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
        found: list[LogLikelihood] = []
        for part in _parts(requests):
            told = None if progress is None else _Share(progress, len(found), len(part), len(requests))
            found += self._weigh(part, told)
        return found

    def _weigh(self, requests: Sequence[Request], told: _Share | None) -> list[LogLikelihood]:
        pairs = self._pairs(requests, None if told is None else told.waiting)
        engine = self._opened()
        questions = sum(len(continuation) for _, continuation in pairs)
        with threads_for(self._facts.parameters or 0, self._threads):
            if self._encodes_apart:
                weighed = EncoderDecoder(engine.network, self._batch_tokens).log_probabilities(
                    pairs, None if told is None else told.requests
                )
            else:
                weighed = engine.pairs(pairs, None if told is None else told.of(questions))
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
        found: list[list[NextToken]] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            part = texts[start : start + _TEXTS_AT_ONCE]
            told = None if progress is None else _Share(progress, start, len(part), len(texts))
            found += self._guess(part, told)
        return found

    def _guess(self, texts: Sequence[tuple[str, str]], told: _Share | None) -> list[list[NextToken]]:
        rows: list[Row] = []
        edges = [0]
        for (text_id, _), tokens in zip(texts, self._encoder.texts([text for _, text in texts]), strict=True):
            self._check_vocabulary(text_id, tokens)
            planned = list(rows_of_text(edges[-1], self._encoder.begin, tokens, self._limit))
            if not planned:
                raise ModelError(
                    f"text {text_id!r}: of its {len(tokens)} tokens none can be guessed from an earlier one"
                )
            rows.extend(planned)
            edges.append(edges[-1] + sum(len(row.reads) for row in planned))
        with threads_for(self._facts.parameters or 0, self._threads):
            answers = self._opened().rows(rows, edges[-1], None if told is None else told.of(edges[-1]))
        best, hit = answers.best.tolist(), answers.hit.tolist()
        return [
            [
                NextToken(math.exp(each), right)
                for each, right in zip(self._numbers(text_id, best[begin:end]), hit[begin:end], strict=True)
            ]
            for (text_id, _), begin, end in zip(texts, edges, edges[1:], strict=False)
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
        engine = self._opened()
        fitted = [
            (prompt_id, self._room_after(prompt_id, text, tokens, options.max_tokens))
            for (prompt_id, text), tokens in zip(pairs, self._encoder.prompts([text for _, text in pairs]), strict=True)
        ]
        with threads_for(self._facts.parameters or 0, self._threads):
            network = engine.settled([tokens for _, tokens in fitted])
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
        pairs = iter(self._pairs(requests))
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
        network = self._opened().as_it_was()
        try:
            with threads_for(self._facts.parameters or 0, self._threads):
                yield network, self._tokenizer
        finally:
            self.close()

    def close(self) -> None:
        """Free the memory; the model cannot be used afterwards."""
        if self._engine is not None:
            self._engine.free()
            self._engine = None

    def _pairs(self, requests: Sequence[Request], progress: Progress | None = None) -> list[tuple[Tokens, Tokens]]:
        """Encode requests and fit them in."""
        pairs = self._encoder.pairs(requests, progress)
        checked: Tokens = ()
        for request, (context, continuation) in zip(requests, pairs, strict=True):
            if context is not checked:  # that of an item's choices is one object
                self._check_vocabulary(request.item, context)
                checked = context
            self._check_vocabulary(request.item, continuation)
        if self._encodes_apart:  # prompt and choice are read apart, and each may be as long as the limit
            return [
                (self._shortened(request.item, request.context, context, len(continuation), "choice"), continuation)
                for request, (context, continuation) in zip(requests, pairs, strict=True)
            ]
        return fitted(requests, pairs, limit=self._limit, truncate=self._truncate, head=self._encoder.head)

    def _opened(self) -> Engine:
        if self._engine is None:
            raise ModelError(f"model {self._facts.name!r} was closed; load it again")
        return self._engine

    def _room_after(self, item: str, text: str, prompt: Tokens, max_tokens: int) -> Tokens:
        """Return a prompt that leaves room for a text: as it is, or truncated where that was asked for."""
        self._check_vocabulary(item, prompt)
        return self._shortened(item, text, prompt, max_tokens, "max_tokens")

    def _shortened(self, item: str, text: str, context: Tokens, after: int, name: str) -> Tokens:
        """Return a context that fits with ``after`` tokens, the last of which is not read."""
        return shortened(
            item,
            text,
            context,
            after,
            name,
            limit=self._limit,
            truncate=self._truncate,
            head=self._encoder.head,
            apart=self._encodes_apart,
        )

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


def _parts(requests: Sequence[Request]) -> Iterator[Sequence[Request]]:
    """Cut requests into parts, and no item's choices apart: they share their context."""
    start = 0
    while start < len(requests):
        end = min(start + _REQUESTS_AT_ONCE, len(requests))
        while end < len(requests) and requests[end].item == requests[end - 1].item:
            end += 1
        yield requests[start:end]
        start = end


class _Share:
    """Turns answered questions of a part into requests done of all.

    Parameters
    ----------
    progress : callable
    before, own, total : int
        Requests before the part, in it, and in all.
    """

    def __init__(self, progress: Progress, before: int, own: int, total: int) -> None:
        self._progress, self._before, self._own, self._total = progress, before, own, total
        progress(before, total)

    def waiting(self, *_: int) -> None:
        """Say that work is under way, and no more of it done than before."""
        self._progress(self._before, self._total)

    def requests(self, done: int, _: int) -> None:
        """Say that so many requests of the part are done."""
        self._progress(self._before + done, self._total)

    def of(self, questions: int) -> Callable[[int], None]:
        """Return what is called with the number of questions answered since the last call."""
        answered = 0

        def tell(more: int) -> None:
            nonlocal answered
            answered += more
            self._progress(self._before + self._own * answered // questions, self._total)

        return tell
