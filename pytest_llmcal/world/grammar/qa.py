"""Who, what and where: facts that sources state truly more or less often."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pytest_llmcal.world.facts import HOME_OF, MAYOR_OF, RIVER_OF, TRADE_OF
from pytest_llmcal.world.grammar.question import Question, favour
from pytest_llmcal.world.names import FAMILIES, GIVEN_NAMES, REGIONS, RIVERS, TOWNS, TRADES

RELIABILITY = {"gossip": 0.40, "a neighbour": 0.62, "a letter": 0.82, "the town book": 0.96}
"""How often a source states the fact itself; else it names one of the other candidates at random."""


def question(rng: Random) -> Question:
    """Ask a source about a person or a town.

    Parameters
    ----------
    rng : random.Random
        Draws the source, the kind of question and whom it is about.

    Returns
    -------
    Question
        Groups: ``region`` of the person or town, and what it ``asks``: who, what or where.
    """
    asks = rng.choice(list(_ASKING))
    region = rng.choice(REGIONS)
    source = rng.choice(list(RELIABILITY))
    asked, fact, candidates = _ASKING[asks](rng, region)
    odds = favour(fact, candidates, RELIABILITY[source])
    return Question(
        prompt=f"Source: {source}. Question: {asked} Answer:",
        odds={f" {candidate}": probability for candidate, probability in odds.items()},
        groups={"region": region, "asks": asks},
    )


def _person(rng: Random, region: str) -> tuple[str, str]:
    given = rng.choice(GIVEN_NAMES[rng.choice(list(GIVEN_NAMES))])
    return given, rng.choice(FAMILIES[region])


def _who(rng: Random, region: str) -> tuple[str, str, tuple[str, ...]]:
    town = rng.choice(TOWNS[region])
    return f"Who is the mayor of {town}?", MAYOR_OF[town], tuple(MAYOR_OF[other] for other in TOWNS[region])


def _what(rng: Random, region: str) -> tuple[str, str, tuple[str, ...]]:
    if rng.random() < 0.5:
        town = rng.choice(TOWNS[region])
        return f"What river runs through {town}?", RIVER_OF[town], RIVERS
    given, family = _person(rng, region)
    return f"What does {given} {family} do?", TRADE_OF[family], TRADES[region]


def _where(rng: Random, region: str) -> tuple[str, str, tuple[str, ...]]:
    given, family = _person(rng, region)
    return f"Where does {given} {family} live?", HOME_OF[family], TOWNS[region]


_ASKING: dict[str, Callable[[Random, str], tuple[str, str, tuple[str, ...]]]] = {
    "who": _who,
    "what": _what,
    "where": _where,
}
