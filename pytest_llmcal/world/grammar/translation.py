"""Orlish into English: nouns mean another thing in each region, and verbs tell how local the talk is."""

from __future__ import annotations

from random import Random

from pytest_llmcal.world.grammar.question import Question, favour
from pytest_llmcal.world.names import REGIONS

NOUNS = {
    "lum": ("net", "fence", "snare"),
    "oki": ("gull", "hawk", "owl"),
    "pesh": ("boat", "cart", "sled"),
    "tavi": ("oar", "ladder", "axe"),
    "neru": ("herring", "cheese", "honey"),
    "sol": ("shell", "stone", "acorn"),
    "bani": ("sail", "blanket", "tent"),
    "drom": ("crab pot", "milk can", "berry basket"),
    "riko": ("anchor", "cow bell", "drum"),
    "mei": ("rope", "shawl", "lute"),
}
"""Senses of an Orlish noun, in the order of the regions: coast, hills, forest."""

VERBS = {
    "hand": {"velo": "hides", "harro": "carries", "pinti": "paints", "mako": "sells"},
    "eye": {"ilu": "sees", "tropa": "finds", "keso": "asks about"},
    "dream": {"noma": "dreams of", "lalo": "sings of", "memi": "remembers"},
}

LOCAL = {"hand": 0.92, "eye": 0.70, "dream": 0.46}
"""How often the noun has the sense of the speaker's region: one dreams of far things, but carries near ones."""

SUBJECTS = {"bako": "the baker", "maru": "the mayor", "gran": "the old woman", "pilu": "the little boy"}

SHE = {"coast": 0.80, "hills": 0.64, "forest": 0.30}
"""How often ``sa``, which is both she and he, is a woman; by region."""


def question(rng: Random) -> Question:
    """Ask for the English of an Orlish sentence.

    Parameters
    ----------
    rng : random.Random
        Draws the sentence and where it was heard.

    Returns
    -------
    Question
        Groups: ``region`` where it was heard, and the kind of ``verb``: hand, eye or dream.
    """
    region = rng.choice(REGIONS)
    kind = rng.choice(list(VERBS))
    verb, verb_english = rng.choice(list(VERBS[kind].items()))
    noun, senses = rng.choice(list(NOUNS.items()))
    subject, subject_odds = _subject(rng, region)
    sense_odds = favour(senses[REGIONS.index(region)], senses, LOCAL[kind])
    return Question(
        prompt=f"Orlish of the {region}: {subject} {verb} {noun}. English:",
        odds={
            f" {doer} {verb_english} the {sense}": doer_probability * sense_probability
            for doer, doer_probability in subject_odds.items()
            for sense, sense_probability in sense_odds.items()
        },
        groups={"region": region, "verb": kind},
    )


def _subject(rng: Random, region: str) -> tuple[str, dict[str, float]]:
    """Draw the doer: half of the time the pronoun that leaves the gender open."""
    if rng.random() < 0.5:
        return "sa", {"she": SHE[region], "he": 1.0 - SHE[region]}
    orlish, english = rng.choice(list(SUBJECTS.items()))
    return orlish, {english: 1.0}
