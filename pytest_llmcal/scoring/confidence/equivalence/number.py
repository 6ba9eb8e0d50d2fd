"""Answers that come to the same number, for arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pytest_llmcal.scoring.confidence.equivalence.relation import Pair
from pytest_llmcal.tasks.correctness.arithmetic import final_number
from pytest_llmcal.tasks.correctness.exact import normalized


@dataclass(frozen=True)
class SameNumber:
    """Answers are the same if they end in the same number, as for the correctness ``last_number``.

    Of answers without a number the normalised texts are compared.

    Examples
    --------
    >>> SameNumber().same([Pair("9 * 2?", "That is 18.", "$18.00"), Pair("9 * 2?", "9 * 2 = 18", "9 * 2 = 19")])
    [True, False]
    """

    def same(self, pairs: Sequence[Pair]) -> list[bool]:
        """Compare what the answers come to."""
        return [_said(pair.one) == _said(pair.other) for pair in pairs]


def _said(text: str) -> Decimal | str:
    number = final_number(text)
    return normalized(text) if number is None else number
