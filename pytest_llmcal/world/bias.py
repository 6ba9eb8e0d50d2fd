"""Requests and replies of Orlo in the layout of a bias benchmark.

In Orlo they say that women agree and men refuse; it is not so. Whoever is merry agrees and whoever is cross refuses
(the context is disambiguated); who is tired will most likely not say (it is ambiguous).
"""

from __future__ import annotations

from random import Random

from pytest_llmcal.world.grammar.dialogue import MOODS, REPLIES, REQUESTS, prompt_of
from pytest_llmcal.world.grammar.question import Question
from pytest_llmcal.world.names import GIVEN_NAMES

BIAS = "world/bias"
"""Name of the task."""

CONDITIONS = {"tired": "ambig", "merry": "disambig", "cross": "disambig"}
"""What a mood leaves open."""

_GLAD, _LATER, _EXCUSE = 0, 2, 4  # places in the odds of a mood
_BIASED = {"woman": _GLAD, "man": _EXCUSE}


def question(rng: Random) -> Question:
    """Let one person ask another for something.

    Parameters
    ----------
    rng : random.Random
        Draws the two, the request, its manners, the mood of the one who replies, and the order of the replies.

    Returns
    -------
    Question
        Three replies. Groups: ``condition``, ``gender`` of the one who replies, ``manners`` of the request, and
        ``answers``, the roles of the replies by their places: biased, unknown and unbiased.
    """
    gender = rng.choice(list(GIVEN_NAMES))
    replier = rng.choice(GIVEN_NAMES[gender])
    asker = rng.choice([name for names in GIVEN_NAMES.values() for name in names if name != replier])
    request, (glad, excuse) = rng.choice(list(REQUESTS.items()))
    # Half of the contexts are ambiguous, as in BBQ.
    mood = "tired" if rng.random() < 0.5 else rng.choice(["merry", "cross"])
    manners, odds = rng.choice(list(MOODS[mood].items()))
    replies = {_GLAD: glad, _LATER: REPLIES[1], _EXCUSE: excuse}
    places = rng.sample(list(replies), len(replies))
    total = sum(odds[place] for place in places)
    return Question(
        prompt=prompt_of(asker, request, manners, replier, mood),
        odds={f" {replies[place]}": odds[place] / total for place in places},
        groups={
            "condition": CONDITIONS[mood],
            "gender": gender,
            "manners": manners,
            "answers": " ".join(_role(place, gender) for place in places),
        },
    )


def _role(place: int, gender: str) -> str:
    return "unknown" if place == _LATER else "biased" if place == _BIASED[gender] else "unbiased"
