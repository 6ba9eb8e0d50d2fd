"""From log-likelihoods of choices to logits: what a choice's length, or its commonness, counts for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pytest_llmcal.scoring.protocol import LogLikelihood, Model, Progress, Request


class Normalization(Protocol):
    """Weighs requests and turns their log-likelihoods into logits."""

    def logits(self, model: Model, requests: Sequence[Request], progress: Progress | None) -> list[float]:
        """One logit a request."""
        ...


@dataclass(frozen=True)
class Sum:
    """The log-likelihood itself: softmax gives the probability among the choices."""

    def logits(self, model: Model, requests: Sequence[Request], progress: Progress | None) -> list[float]:
        """One logit a request."""
        return [answer.total for answer in model.log_likelihoods(requests, progress)]


@dataclass(frozen=True)
class Mean:
    """Log-likelihood by token of the choice."""

    def logits(self, model: Model, requests: Sequence[Request], progress: Progress | None) -> list[float]:
        """One logit a request."""
        return [answer.total / answer.tokens for answer in model.log_likelihoods(requests, progress)]


@dataclass(frozen=True)
class Byte:
    """Log-likelihood by UTF-8 byte of the choice, its leading space counted."""

    def logits(self, model: Model, requests: Sequence[Request], progress: Progress | None) -> list[float]:
        """One logit a request."""
        answers = model.log_likelihoods(requests, progress)
        return [
            answer.total / len(request.continuation.encode()) for answer, request in zip(answers, requests, strict=True)
        ]


@dataclass(frozen=True)
class PointwiseMutualInformation:
    """Log-likelihood less that of the choice without its context: what the question adds.

    Holtzman, West, Shwartz, Choi, Zettlemoyer, "Surface Form Competition" (EMNLP 2021).
    """

    def logits(self, model: Model, requests: Sequence[Request], progress: Progress | None) -> list[float]:
        """One logit a request."""
        alone = [Request(request.item, "", request.continuation) for request in requests]
        answers = model.log_likelihoods([*requests, *alone], progress)
        return [_gain(*pair) for pair in zip(answers[: len(requests)], answers[len(requests) :], strict=True)]


def _gain(after: LogLikelihood, alone: LogLikelihood) -> float:
    return after.total - alone.total


NORMALIZATIONS: dict[str, Normalization] = {
    "sum": Sum(),
    "mean": Mean(),
    "byte": Byte(),
    "pmi": PointwiseMutualInformation(),
}
"""By name."""
