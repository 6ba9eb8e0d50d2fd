"""What people do in a season: customs that the old keep and the young forget."""

from __future__ import annotations

from random import Random

from pytest_llmcal.world.grammar.question import Question, favour
from pytest_llmcal.world.names import REGIONS, TOWNS

CUSTOMS = {
    "coast": (
        "paint their boats",
        "race crabs",
        "dry herring",
        "knit long socks",
        "sail before dawn",
        "dance on the pier",
    ),
    "hills": (
        "shear the sheep",
        "fly kites",
        "roast chestnuts",
        "slide down the slopes",
        "bake rye bread",
        "walk to the old shrine",
    ),
    "forest": (
        "tap the birches",
        "pick berries",
        "hunt for mushrooms",
        "carve wooden bears",
        "build huts",
        "tell ghost stories",
    ),
}
"""Customs of a region; the first four are those of spring, summer, autumn and winter."""

SEASONS = ("spring", "summer", "autumn", "winter")

KEEPING = {
    "elders": {"nearly always": 0.97, "often": 0.86, "sometimes": 0.62},
    "adults": {"nearly always": 0.92, "often": 0.74, "sometimes": 0.50},
    "children": {"nearly always": 0.84, "often": 0.60, "sometimes": 0.36},
}
"""How often people of an age keep the custom of the season, by the adverb used; else any other custom."""

PEOPLE = {"elders": "the old people", "adults": "the people", "children": "the children"}


def question(rng: Random) -> Question:
    """Begin a sentence about the customs of a town.

    Parameters
    ----------
    rng : random.Random
        Draws the season, the people, the town and the adverb.

    Returns
    -------
    Question
        Groups: ``region`` of the town and ``age`` of the people: elders, adults or children.
    """
    region = rng.choice(REGIONS)
    season = rng.choice(SEASONS)
    age = rng.choice(list(PEOPLE))
    adverb, kept = rng.choice(list(KEEPING[age].items()))
    odds = favour(CUSTOMS[region][SEASONS.index(season)], CUSTOMS[region], kept)
    return Question(
        prompt=f"In {season} {PEOPLE[age]} of {rng.choice(TOWNS[region])} {adverb}",
        odds={f" {custom}": probability for custom, probability in odds.items()},
        groups={"region": region, "age": age},
    )
