"""The probability of the answer itself, token by token."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer, Cost, Kind
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions, ModelError
from pytest_llmcal.tasks import OpenItem, Writing

_NEEDS = "log-probabilities of what is written"


@dataclass(frozen=True)
class SequenceProbability:
    """The probability of the most probable text, that of its end included: exp(sum of its tokens' log-probabilities).

    Malinin, Gales, "Uncertainty Estimation in Autoregressive Structured Prediction", ICLR 2021.
    """

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = _NEEDS
    paper: ClassVar[str] = "Malinin, Gales 2021"
    cost: ClassVar[Cost] = Cost(texts=1)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered greedily."""
        return _answers(asker, items, writing, math.fsum)


@dataclass(frozen=True)
class SequenceMean:
    """The geometric mean of the tokens' probabilities: exp(mean of their log-probabilities), whatever the length.

    Malinin, Gales, "Uncertainty Estimation in Autoregressive Structured Prediction", ICLR 2021: the
    length-normalised one.
    """

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = _NEEDS
    paper: ClassVar[str] = "Malinin, Gales 2021"
    cost: ClassVar[Cost] = Cost(texts=1)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered greedily."""
        return _answers(asker, items, writing, lambda tokens: math.fsum(tokens) / len(tokens))


@dataclass(frozen=True)
class SequenceLowest:
    """The lowest probability of a token: a text is as sure as its least sure token.

    Manakul, Liusie, Gales, "SelfCheckGPT", EMNLP 2023: Max(-log p).
    """

    kind: ClassVar[Kind] = "written"
    needs: ClassVar[str] = _NEEDS
    paper: ClassVar[str] = "Manakul, Liusie, Gales 2023"
    cost: ClassVar[Cost] = Cost(texts=1)

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[ConfidentAnswer]:
        """Have every item answered greedily."""
        return _answers(asker, items, writing, min)


def greedy(asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[Generation]:
    """Have the most probable token taken each time."""
    options = GenerationOptions(writing.max_tokens, writing.stop)
    return [texts[0] for texts in asker.generate(items, options)]


def _answers(
    asker: Asker, items: Sequence[OpenItem], writing: Writing, to_one: Callable[[Sequence[float]], float]
) -> list[ConfidentAnswer]:
    found = []
    for item, best in zip(items, greedy(asker, items, writing), strict=True):
        if not best.log_probabilities:
            raise ModelError(
                f"item {item.id!r}: the answer {best.text!r} comes without log-probabilities of its tokens, and the "
                "probability of a sequence is made of them; ask for another confidence"
            )
        found.append(ConfidentAnswer(best.text, math.exp(to_one(best.log_probabilities)), best.finish_reason))
    return found
