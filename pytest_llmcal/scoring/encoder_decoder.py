"""Encoder-decoder models, such as T5: the context into the encoder, the continuation out of the decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch

from pytest_llmcal.scoring.budget import Budget
from pytest_llmcal.scoring.protocol import ModelError, Progress, Request
from pytest_llmcal.scoring.tokens import Encoder, Tokens

Pair = tuple[Tokens, Tokens]


class SeparateEncoder(Encoder):
    """A tokenizer with the conventions of scoring, for models that read contexts and continuations apart."""

    def pairs(self, requests: Sequence[Request], progress: Progress | None = None) -> list[Pair]:
        """Encode contexts and continuations as lm_eval does for such models.

        White space at the end of a context moves to the continuation. A context has the special tokens that the
        tokenizer gives it by default, such as T5's end token; a continuation has none, so no end token is weighed. An
        empty context is the begin-of-sequence token, or else the end-of-sequence token.

        Parameters
        ----------
        requests : sequence of Request
        progress : callable, optional
            Called with (0, all) when the texts are encoded.

        Returns
        -------
        list of (context, continuation)
            Token ids, at least one in each.

        Raises
        ------
        ModelError
            A continuation has no token; its item is named.
        """
        contexts = [request.context.rstrip() for request in requests]
        moved = [
            request.context[len(context) :] + request.continuation
            for request, context in zip(requests, contexts, strict=True)
        ]
        read, weighed = self._each(contexts, special=True), self._each(moved, special=False)
        if progress is not None:
            progress(0, len(requests))
        pairs = []
        for request, context, text in zip(requests, contexts, moved, strict=True):
            if not weighed[text]:
                raise ModelError(
                    f"item {request.item!r}: the continuation {request.continuation!r} has no token; "
                    f"at least one is needed"
                )
            pairs.append(((read[context] if context else ()) or self._empty(), weighed[text]))
        return pairs

    def prompts(self, texts: Sequence[str]) -> list[Tokens]:
        """Encode prompts to be continued, as contexts are, but with the white space at their end."""
        read = self._each(texts, special=True)
        return [(read[text] if text else ()) or self._empty() for text in texts]

    def _each(self, texts: Sequence[str], *, special: bool) -> dict[str, Tokens]:
        """Encode each text once."""
        once = list(dict.fromkeys(texts))
        if not once:
            return {}
        encoded = self._tokenizer(once, add_special_tokens=special, verbose=False).input_ids
        return dict(zip(once, map(tuple, encoded), strict=True))

    def _empty(self) -> Tokens:
        """Token that stands in for an empty context."""
        for token in (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id):
            if token is not None:
                return (int(token),)
        raise ModelError("a context is empty, and the tokenizer has neither a begin nor an end token to stand for it")


def decoder_start(network: Any) -> int:
    """Token that a decoder reads first.

    Raises
    ------
    ModelError
        The configuration does not say.
    """
    token = network.config.decoder_start_token_id
    if token is None:
        raise ModelError("the model's configuration has no decoder_start_token_id, so its decoder cannot begin")
    return int(token)


def encode(network: Any, contexts: Sequence[Tokens]) -> tuple[torch.Tensor, torch.Tensor]:
    """Run the encoder.

    Returns
    -------
    (hidden, mask)
        Of shape (contexts, width, size), and (contexts, width) with ones where there is a token.
    """
    ids, mask = _padded(contexts, network.device)
    hidden: torch.Tensor = network.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
    return hidden, mask


def _padded(rows: Sequence[Tokens], device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([row + (0,) * (width - len(row)) for row in rows], device=device)
    lengths = torch.tensor([len(row) for row in rows], device=device)
    return ids, (torch.arange(width, device=device) < lengths[:, None]).long()


class EncoderDecoder:
    """Weighs continuations; each context is encoded once.

    Parameters
    ----------
    network : transformers.PreTrainedModel
    batch_tokens : int
        Most tokens of a batch, padding counted.
    """

    def __init__(self, network: Any, batch_tokens: int) -> None:
        self._network = network
        self._budget = Budget(batch_tokens)
        self._start = decoder_start(network)

    def log_probabilities(self, pairs: Sequence[Pair], progress: Progress | None = None) -> list[list[float]]:
        """Weigh every token of every continuation, in the order given.

        Parameters
        ----------
        pairs : sequence of (context, continuation)
            Token ids, at least one in each.
        progress : callable, optional
            Called with (done, all) pairs.

        Returns
        -------
        list of list of float
            Natural logarithms, taken in float32, or float64 for a model in float64.
        """
        owners: dict[Tokens, dict[Tokens, list[int]]] = {}
        for owner, (context, continuation) in enumerate(pairs):
            # the last token is weighed and never read, so continuations of one token share a row
            owners.setdefault(context, {}).setdefault(continuation[:-1], []).append(owner)
        answers: dict[int, list[float]] = {}
        contexts = sorted(owners, key=len, reverse=True)
        done = 0
        while done < len(contexts):
            part = contexts[done : done + max(1, self._budget.tokens // len(contexts[done]))]
            work = partial(self._weigh_behind, part, owners, pairs)
            found = self._budget.tried(work, self._budget.tokens, is_least=self._budget.tokens == 1)
            if found is None:
                continue
            answers |= found
            done += len(part)
            if progress is not None:
                progress(len(answers), len(pairs))
        return [answers[owner] for owner in range(len(pairs))]

    def _weigh_behind(
        self, contexts: Sequence[Tokens], owners: dict[Tokens, dict[Tokens, list[int]]], pairs: Sequence[Pair]
    ) -> dict[int, list[float]]:
        """Weigh what stands behind some contexts, by the number of the pair."""
        answers: dict[int, list[float]] = {}
        with torch.inference_mode():
            hidden, mask = encode(self._network, contexts)
            rows = [(place, read) for place, context in enumerate(contexts) for read in owners[context]]
            rows.sort(key=lambda row: len(row[1]), reverse=True)
            for part in _batches(rows, self._budget.tokens, lambda row: len(row[1]) + 1 + hidden.shape[1]):
                logits = self._decode(hidden, mask, part)
                for number, (place, read) in enumerate(part):
                    for owner in owners[contexts[place]][read]:
                        answers[owner] = _weighed(logits[number], pairs[owner][1])
        return answers

    def _decode(self, hidden: torch.Tensor, mask: torch.Tensor, rows: Sequence[tuple[int, Tokens]]) -> torch.Tensor:
        """Logits after each token read, shape (rows, width, vocabulary)."""
        from transformers.modeling_outputs import BaseModelOutput

        places = torch.tensor([place for place, _ in rows], device=hidden.device)
        ids, _ = _padded([(self._start, *read) for _, read in rows], hidden.device)
        output = self._network(
            encoder_outputs=BaseModelOutput(last_hidden_state=hidden[places]),
            attention_mask=mask[places],
            decoder_input_ids=ids,
            use_cache=False,
        )
        logits: torch.Tensor = output.logits
        return logits


def _weighed(logits: torch.Tensor, targets: Tokens) -> list[float]:
    own = logits[: len(targets)]
    exact = own if own.dtype == torch.float64 else own.float()
    chosen = exact.gather(1, torch.tensor(targets, device=own.device)[:, None])[:, 0]
    found: list[float] = (chosen - exact.logsumexp(-1)).tolist()
    return found


def _batches(rows: Sequence[Any], budget: int, width: Any) -> Iterator[Sequence[Any]]:
    """Cut rows, the longest first, so that the tokens of each part fit, padding counted."""
    begin = 0
    while begin < len(rows):
        end = begin + max(1, budget // width(rows[begin]))
        yield rows[begin:end]
        begin = end
