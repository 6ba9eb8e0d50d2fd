"""Random numbers that belong to a text and to nothing else."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def draws(seed: int, prompt: str, sample: int, steps: int) -> npt.NDArray[np.float64]:
    """Return one uniform number for each token of a text.

    They come from a counter-based generator (Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3",
    SC 2011) whose key is a hash of the rest: no text's numbers depend on what runs beside it.

    Parameters
    ----------
    seed : int
    prompt : str
        Id of the prompt.
    sample : int
        Number of the text among those of its prompt.
    steps : int
        How many; more steps begin with the same numbers.

    Returns
    -------
    ndarray of shape (steps,)
        From 0 up to, and without, 1.

    Examples
    --------
    >>> bool((draws(0, "bees", 3, 5)[:2] == draws(0, "bees", 3, 2)).all())
    True
    """
    key = hashlib.sha256(repr((seed, prompt, sample)).encode()).digest()[:16]
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "big"))).random(steps)
