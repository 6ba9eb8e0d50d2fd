"""What is computed and kept at one go.

A run that is killed loses the chunk it was at, so a chunk shall take seconds; but the more stands
in a chunk, the better it is sorted into batches and the more its prompts share. Its bounds depend on the
list of all questions alone, never on which of them are known: a run that goes on after a kill asks the model for the
very chunks that were left, and the model's answers to the same chunk are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Asked = TypeVar("Asked")

_AT_ONCE = {"cpu": 6e10, "mps": 1e12, "cuda": 3e13, "server": 256 * 10**9}
"""Parameters times requests of a chunk. One thread of a CPU weighed 300 requests a second with 14 million
parameters, so that a chunk takes about 15 seconds; a data-centre GPU is some 500 times as fast.
A server says nothing of its model, so that its chunks are all of one size."""

_MOST = {"cpu": 4_096, "mps": 8_192, "cuda": 32_768, "server": 256}
"""Beyond this nothing is gained, and the tokens of a chunk are held in memory, some 10 KB for 200 of them."""

_LEAST = 64
"""Fewer would leave batches half empty; a model so large takes a minute or more for them."""

_UNKNOWN = 10**9
"""Parameters of a model that does not say how many it has."""


def chunk_size(parameters: int | None, device: str) -> int:
    """Return how many log-likelihoods make a chunk: a power of two.

    Parameters
    ----------
    parameters : int or None
        Number of the model's weights.
    device : str
        Kind of device.

    Examples
    --------
    >>> chunk_size(200_000, "cpu"), chunk_size(124_000_000, "cpu"), chunk_size(7_000_000_000, "cuda")
    (4096, 256, 4096)
    """
    fitting = int(_AT_ONCE.get(device, _AT_ONCE["cpu"]) // max(1, _UNKNOWN if parameters is None else parameters))
    size: int = 2 ** max(0, fitting.bit_length() - 1)
    return max(_LEAST, min(size, _MOST.get(device, _MOST["cpu"])))


def chunks(asked: Sequence[Asked], size: int, item: Callable[[Asked], str]) -> Iterator[Sequence[Asked]]:
    """Cut a list of questions without cutting the questions of one item apart.

    Examples
    --------
    >>> list(chunks(["a1", "a2", "b1", "b2", "b3", "c1"], 3, item=lambda asked: asked[0]))
    [['a1', 'a2', 'b1', 'b2', 'b3'], ['c1']]
    """
    start = 0
    while start < len(asked):
        stop = min(start + size, len(asked))
        while stop < len(asked) and item(asked[stop]) == item(asked[stop - 1]):
            stop += 1
        yield asked[start:stop]
        start = stop
