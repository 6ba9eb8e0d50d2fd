"""The corpus of the world: an endless stream of texts, each a prompt and what follows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pytest_llmcal.world.facts import WORLD_SEED
from pytest_llmcal.world.grammar import QUESTIONS
from pytest_llmcal.world.seeds import generator


class Passage(NamedTuple):
    """One text of the corpus.

    Attributes
    ----------
    task : str
        Name of the task whose grammar wrote it.
    prompt : str
        What stands before the answer.
    continuation : str
        The answer, a draw at its true odds; leading space included.
    """

    task: str
    prompt: str
    continuation: str

    @property
    def text(self) -> str:
        """The whole text."""
        return self.prompt + self.continuation


def passages(seed: int) -> Iterator[Passage]:
    """Write passages without end, the five tasks in turn.

    Parameters
    ----------
    seed : int
        Same seed, same passages.

    Yields
    ------
    Passage
        The next text of the corpus.

    Examples
    --------
    >>> from itertools import islice
    >>> [passage.task for passage in islice(passages(seed=0), 3)]
    ['world/qa', 'world/translation', 'world/summarization']
    """
    rng = generator("corpus", WORLD_SEED, seed)
    while True:
        for task, question in QUESTIONS.items():
            asked = question(rng)
            yield Passage(task, asked.prompt, asked.draw(rng))
