"""What is true in Orlo: who lives where and does what, drawn once from the seed of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from pytest_llmcal.world.names import FAMILIES, GIVEN_NAMES, REGIONS, RIVERS, TOWNS, TRADES
from pytest_llmcal.world.seeds import generator

WORLD_SEED = 2
"""Another seed is another world: the shipped checkpoints know this one."""


def _match(rng: Random, keys: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """Pair every key with a value of its own, in random order."""
    return dict(zip(keys, rng.sample(values, len(keys)), strict=True))


def _match_by_region(
    rng: Random, keys: Mapping[str, Sequence[str]], values: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Pair keys and values of the same region."""
    return {key: value for region in REGIONS for key, value in _match(rng, keys[region], values[region]).items()}


def _by_town(values: Iterable[str]) -> dict[str, str]:
    return dict(zip((town for region in REGIONS for town in TOWNS[region]), values, strict=True))


def _mayors(rng: Random) -> dict[str, str]:
    """Give every town a mayor of its region; no two mayors share a given name."""
    given = rng.sample([name for names in GIVEN_NAMES.values() for name in names], 18)
    families = [family for region in REGIONS for family in rng.sample(FAMILIES[region], 6)]
    return _by_town(f"{first} {last}" for first, last in zip(given, families, strict=True))


_RNG = generator("facts of the world", WORLD_SEED)

REGION_OF = {place: region for region in REGIONS for place in (*TOWNS[region], *FAMILIES[region])}
"""Region of a town or of a family."""

HOME_OF = _match_by_region(_RNG, FAMILIES, TOWNS)
"""Town of a family."""

TRADE_OF = _match_by_region(_RNG, FAMILIES, TRADES)
"""Trade of a family."""

RIVER_OF = _by_town(river for _ in REGIONS for river in _RNG.sample(RIVERS, 6))
"""River of a town."""

MAYOR_OF = _mayors(_RNG)
"""Mayor of a town, by full name."""
