"""Random generators of the world, named by what they are for."""

from __future__ import annotations

import random


def generator(*purpose: str | int) -> random.Random:
    """Make a generator that depends on its purpose alone.

    Parameters
    ----------
    *purpose : str or int
        What the numbers are for, for instance ``"world/qa", "test"``.

    Returns
    -------
    random.Random
        The same stream in every process: a text seed is hashed by SHA-512, not by ``hash``.

    Examples
    --------
    >>> generator("world/qa", "test").random() == generator("world/qa", "test").random()
    True
    """
    return random.Random("/".join(map(str, purpose)))  # noqa: S311 - draws a world, guards no secret
