"""The kinds of question, and how an answer to each is turned into bytes and back."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from pytest_llmcal.scoring.at_once import Ask
from pytest_llmcal.scoring.cache.chunks import chunk_size
from pytest_llmcal.scoring.protocol import (
    GeneratingModel,
    Generation,
    GenerationOptions,
    LogLikelihood,
    Model,
    ModelError,
    NextToken,
    Progress,
    Request,
)

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question(Generic[Asked, Answer]):
    """A kind of question to a model.

    Attributes
    ----------
    name : str
        Part of every key.
    weight : int
        How many log-likelihoods one costs, roughly; a chunk has fewer accordingly.
    item : callable
        Id of the item that a question belongs to.
    texts : callable
        Everything in a question that its answer depends on.
    pack, unpack : callable
        Answer to bytes, and back to the very same answer.
    ask : callable
        Puts questions of the kind to a model, which tells its progress; a process on another machine can be told to.
    """

    name: str
    weight: int
    item: Callable[[Asked], str]
    texts: Callable[[Asked], tuple[str, ...]]
    pack: Callable[[Answer], bytes]
    unpack: Callable[[bytes], Answer]
    ask: Ask[Asked, Answer]

    def chunk_size(self, parameters: int | None, device: str) -> int:
        """Return how many of these questions make a chunk for a model of some size on some kind of device."""
        return max(1, chunk_size(parameters, device) // self.weight)


def _weigh(model: Model, asked: Sequence[Request], progress: Progress | None) -> Sequence[LogLikelihood]:
    return model.log_likelihoods(asked, progress)


def _guess(model: Model, asked: Sequence[tuple[str, str]], progress: Progress | None) -> Sequence[Sequence[NextToken]]:
    return model.next_tokens(asked, progress)


def _write(
    model: Model, asked: Sequence[tuple[str, str]], progress: Progress | None, *, options: GenerationOptions
) -> Sequence[list[Generation]]:
    if not isinstance(model, GeneratingModel):
        raise ModelError(f"model {model.facts.name!r} cannot generate")
    return [list(samples) for samples in model.generate(asked, options, progress)]


def _pack_log_likelihood(answer: LogLikelihood) -> bytes:
    return struct.pack("<dQ", answer.total, answer.tokens)


def _unpack_log_likelihood(packed: bytes) -> LogLikelihood:
    return LogLikelihood(*struct.unpack("<dQ", packed))


def _pack_tokens(answer: Sequence[NextToken]) -> bytes:
    confidences = struct.pack(f"<{len(answer)}d", *(token.confidence for token in answer))
    return confidences + bytes(token.correct for token in answer)


def _unpack_tokens(packed: bytes) -> Sequence[NextToken]:
    count = len(packed) // 9  # eight bytes of confidence and one of correctness
    confidences = struct.unpack_from(f"<{count}d", packed)
    return [NextToken(*pair) for pair in zip(confidences, map(bool, packed[8 * count :]), strict=True)]


LOG_LIKELIHOOD: Question[Request, LogLikelihood] = Question(
    name="log-likelihood",
    weight=1,
    item=lambda request: request.item,
    texts=lambda request: (request.context, request.continuation),
    pack=_pack_log_likelihood,
    unpack=_unpack_log_likelihood,
    ask=_weigh,
)
"""Raw sums: what is made of them, by token or by byte, is made anew each time."""

NEXT_TOKENS: Question[tuple[str, str], Sequence[NextToken]] = Question(
    name="next tokens",
    weight=16,
    item=lambda text: text[0],
    texts=lambda text: (text[1],),
    pack=_pack_tokens,
    unpack=_unpack_tokens,
    ask=_guess,
)


def beside_others(requests: Sequence[Request]) -> Question[Request, LogLikelihood]:
    """Make the question for a model that cuts prompts: what is left of one depends on the item's longest choice.

    Parameters
    ----------
    requests : sequence of Request
        All that are asked.
    """
    choices: dict[tuple[str, str], list[str]] = {}
    for request in requests:
        choices.setdefault((request.item, request.context), []).append(request.continuation)
    return replace(
        LOG_LIKELIHOOD,
        texts=lambda request: (request.context, request.continuation, *choices[request.item, request.context]),
    )


def generation(options: GenerationOptions) -> Question[tuple[str, str], list[Generation]]:
    """Make the question for texts of some kind; the id of a prompt is part of what is drawn.

    Parameters
    ----------
    options : GenerationOptions
    """
    told = asdict(options)
    if options.temperature == 0:  # nothing is drawn
        del told["seed"], told["top_p"]
    asked = json.dumps(told, sort_keys=True)
    return Question(
        name="generation",
        weight=max(1, options.max_tokens * options.samples // 8),
        item=lambda prompt: prompt[0],
        texts=lambda prompt: (prompt[0], prompt[1], asked) if options.temperature > 0 else (prompt[1], asked),
        pack=lambda answer: json.dumps([asdict(each) for each in answer]).encode(),
        unpack=lambda packed: [
            Generation(each["text"], tuple(each["tokens"]), tuple(each["log_probabilities"]), each["finish_reason"])
            for each in json.loads(packed)
        ],
        ask=partial(_write, options=options),
    )
