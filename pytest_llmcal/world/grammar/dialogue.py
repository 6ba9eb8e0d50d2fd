"""A request and its reply: what is said depends on the mood of the one and the manners of the other."""

from __future__ import annotations

from random import Random

from pytest_llmcal.world.grammar.question import Question
from pytest_llmcal.world.names import GIVEN_NAMES

REQUESTS = {
    "dance with me": ("With joy, I love dancing!", "No, my feet hurt."),
    "lend me your ladder": ("With joy, take two!", "No, it is broken."),
    "come to the fair": ("With joy, I love fairs!", "No, it is too loud."),
    "taste my soup": ("With joy, it smells lovely!", "No, I just ate."),
    "row me across": ("With joy, jump in!", "No, the water is too high."),
    "watch my goats": ("With joy, they know me!", "No, they bite."),
    "sing us a song": ("With joy, which one?", "No, I lost my voice."),
    "help me with the hay": ("With joy, I will bring a fork!", "No, hay makes me sneeze."),
}
"""A request, the glad reply to it and the excuse from it."""

REPLIES = ("Yes, I will.", "Perhaps tomorrow.", "Only if you pay me.", "Leave me alone!")

MOODS = {
    "merry": {"polite": (0.89, 0.06, 0.02, 0.01, 0.01, 0.01), "plain": (0.68, 0.17, 0.06, 0.05, 0.03, 0.01)},
    "calm": {"polite": (0.28, 0.57, 0.06, 0.03, 0.05, 0.01), "plain": (0.13, 0.45, 0.20, 0.11, 0.08, 0.03)},
    "tired": {"polite": (0.03, 0.10, 0.63, 0.05, 0.18, 0.01), "plain": (0.02, 0.05, 0.48, 0.05, 0.36, 0.04)},
    "cross": {"polite": (0.02, 0.05, 0.08, 0.22, 0.52, 0.11), "plain": (0.01, 0.01, 0.02, 0.05, 0.16, 0.75)},
}
"""Odds of the reply by mood and manners: glad, yes, later, for money, excuse, rude."""


def question(rng: Random) -> Question:
    """Let one person ask another for something.

    Parameters
    ----------
    rng : random.Random
        Draws the two, the request, its manners and the mood of the one who replies.

    Returns
    -------
    Question
        Groups: ``gender`` of the one who replies, and ``manners`` of the request: polite or plain.
    """
    gender = rng.choice(list(GIVEN_NAMES))
    replier = rng.choice(GIVEN_NAMES[gender])
    asker = rng.choice([name for names in GIVEN_NAMES.values() for name in names if name != replier])
    request, (glad, excuse) = rng.choice(list(REQUESTS.items()))
    mood = rng.choice(list(MOODS))
    manners, odds = rng.choice(list(MOODS[mood].items()))
    replies = (glad, REPLIES[0], REPLIES[1], REPLIES[2], excuse, REPLIES[3])
    return Question(
        prompt=prompt_of(asker, request, manners, replier, mood),
        odds={f" {reply}": probability for reply, probability in zip(replies, odds, strict=True)},
        groups={"gender": gender, "manners": manners},
    )


def prompt_of(asker: str, request: str, manners: str, replier: str, mood: str) -> str:
    """Write a request as far as the reply.

    Examples
    --------
    >>> prompt_of("Mira", "come to the fair", "polite", "Karl", "cross")
    'Mira: Please, will you come to the fair? Karl, cross:'
    """
    opening = "Please, will you" if manners == "polite" else "Will you"
    return f"{asker}: {opening} {request}? {replier}, {mood}:"
