"""A question of the world before it becomes an item: a prompt and the odds of all that may follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Question:
    """A prompt with the true distribution of its continuations.

    Attributes
    ----------
    prompt : str
        What stands before the answer.
    odds : mapping of str to float
        True probability of every continuation that the language allows (leading space
        included); sums to one. No continuation begins another, so that the probability of
        a continuation is the product of its tokens' probabilities.
    groups : mapping of str to str
        Group names by attribute.
    """

    prompt: str
    odds: Mapping[str, float]
    groups: Mapping[str, str]

    def draw(self, rng: Random) -> str:
        """Draw one continuation at its true odds."""
        return rng.choices(list(self.odds), weights=list(self.odds.values()))[0]


def favour(favourite: str, alternatives: Sequence[str], probability: float) -> dict[str, float]:
    """Give one alternative a probability and let the others share the rest equally.

    Parameters
    ----------
    favourite : str
        One of the alternatives.
    alternatives : sequence of str
        At least two different texts.
    probability : float
        Probability of the favourite, 0 to 1.

    Returns
    -------
    dict of str to float
        Probability by alternative, in the given order.

    Examples
    --------
    >>> favour("net", ("net", "fence", "snare"), 0.5)
    {'net': 0.5, 'fence': 0.25, 'snare': 0.25}
    """
    rest = (1.0 - probability) / (len(alternatives) - 1)
    return {text: probability if text == favourite else rest for text in alternatives}
