"""The lexicon of the world: who and what there is in Orlo, by region."""

from __future__ import annotations

REGIONS = ("coast", "hills", "forest")

TOWNS = {
    "coast": ("Maravel", "Tessport", "Sandry", "Ollhaven", "Gullick", "Saint Brin"),
    "hills": ("Kesterdon", "Hartlow", "Stonnick", "Ravelby", "Cragley", "Upper Moss"),
    "forest": ("Oakrise", "Lindel", "Mossgate", "Barrowin", "Fernhollow", "Little Thistle"),
}

FAMILIES = {
    "coast": ("Talo", "Brask", "Ondry", "Sull", "Pell", "Marlow"),
    "hills": ("Hesk", "Dorn", "Varga", "Mott", "Ilver", "Kettle"),
    "forest": ("Alder", "Wick", "Fenn", "Rowe", "Tamsin", "Birk"),
}

TRADES = {
    "coast": ("mends nets", "builds boats", "smokes herring", "keeps the lighthouse", "dives for pearls", "sells salt"),
    "hills": ("herds goats", "cuts slate", "makes cheese", "rings the bells", "spins wool", "breeds ponies"),
    "forest": (
        "keeps bees",
        "burns charcoal",
        "carves spoons",
        "gathers mushrooms",
        "plants oaks",
        "brews nettle beer",
    ),
}

GIVEN_NAMES = {
    "woman": ("Mira", "Lena", "Ode", "Sanna", "Tilda", "Ysa", "Petra", "Nell", "Juna"),
    "man": ("Boro", "Anton", "Evin", "Karl", "Osk", "Rafe", "Milo", "Teun", "Hannes"),
}

PRONOUNS = {"woman": "she", "man": "he"}

RIVERS = ("the Amber", "the Wend", "the Tumble", "the Little Ease", "the Silver Lisk", "the Old Moor")
