"""A day in three or four sentences, and what a summary makes of it."""

from __future__ import annotations

from random import Random

from pytest_llmcal.world.grammar.question import Question, favour
from pytest_llmcal.world.names import FAMILIES, GIVEN_NAMES, PRONOUNS, REGIONS

EVENTS = {
    "mended the nets": "mending the nets",
    "baked bread": "baking bread",
    "fed the goats": "feeding the goats",
    "picked berries": "picking berries",
    "sang old songs": "singing old songs",
    "wrote letters": "writing letters",
    "chopped wood": "chopping wood",
    "told stories": "telling stories",
    "painted the boat": "painting the boat",
    "fixed the roof": "fixing the roof",
    "weeded the garden": "weeding the garden",
    "counted sheep": "counting sheep",
}
"""How a story tells of an event, and how a summary does."""

STRESS = {"Above all,": 0.94, "Mostly": 0.76, "For a while": 0.52}
"""How often the summary takes up the event whose sentence begins so; else one of the others at random."""

WEATHER = {"It rained": "wet", "The sun shone": "bright", "It was windy": "wild"}

WEATHER_TOLD = 0.85
"""How often a summary speaks of the weather that the story tells of; else, and without weather, the day is long."""


def question(rng: Random) -> Question:
    """Tell a day and ask for its summary.

    Parameters
    ----------
    rng : random.Random
        Draws the person, the weather, the events and which of them is stressed.

    Returns
    -------
    Question
        Groups: ``gender`` of the person.
    """
    gender = rng.choice(list(GIVEN_NAMES))
    name = f"{rng.choice(GIVEN_NAMES[gender])} {rng.choice(FAMILIES[rng.choice(REGIONS)])}"
    weather = rng.choice([None, *WEATHER])
    events = rng.sample(list(EVENTS), rng.choice((3, 4) if weather is None else (2, 3)))
    stressed = rng.choice(events)
    stress = rng.choice(list(STRESS))
    event_odds = favour(stressed, events, STRESS[stress])
    return Question(
        prompt=" ".join([*_story(name, PRONOUNS[gender], weather, events, stressed, stress), "Summary:"]),
        odds={
            f" a {day} day of {EVENTS[event]}": day_probability * event_probability
            for day, day_probability in _day_odds(weather).items()
            for event, event_probability in event_odds.items()
        },
        groups={"gender": gender},
    )


def _story(name: str, pronoun: str, weather: str | None, events: list[str], stressed: str, stress: str) -> list[str]:
    """Write one sentence for the weather and one for each event; the first names the person."""
    sentences = [] if weather is None else [f"{weather}."]
    for position, event in enumerate(events):
        doer = name if position == 0 else pronoun
        opening = f"{stress} {doer}" if event == stressed else doer if position == 0 else f"Then {doer}"
        sentences.append(f"{opening} {event}.")
    return sentences


def _day_odds(weather: str | None) -> dict[str, float]:
    if weather is None:
        return {"long": 1.0}
    return {WEATHER[weather]: WEATHER_TOLD, "long": 1.0 - WEATHER_TOLD}
