"""The probability of the answer itself, token by token."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.scoring.confidence.method import Asker, ConfidentAnswer
from pytest_llmcal.scoring.protocol import Generation, GenerationOptions
from pytest_llmcal.tasks import OpenItem, Writing


@dataclass(frozen=True)
class SequenceProbability:
    """The probability of the most probable text, that of its end included: exp(sum of its tokens' log-probabilities).

    Costs one text an item.
    """

    def answers(self, asker: Asker, items: Sequence[OpenItem], writing: Writing) -> Sequence[ConfidentAnswer]:
        """Have every item answered greedily."""
        return [
            ConfidentAnswer(best.text, math.exp(sum(best.log_probabilities)), best.finish_reason)
            for best in greedy(asker, items, writing)
        ]


def greedy(asker: Asker, items: Sequence[OpenItem], writing: Writing) -> list[Generation]:
    """Have the most probable token taken each time."""
    options = GenerationOptions(writing.max_tokens, writing.stop)
    return [texts[0] for texts in asker.generate(items, options)]
