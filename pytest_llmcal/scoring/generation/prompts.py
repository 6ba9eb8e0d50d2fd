"""What is to be continued, as ids and texts, and which rows run together: decided here, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_llmcal.scoring.protocol import ModelError, Prompts
from pytest_llmcal.tasks import Item, Text

KEPT = 8
"""Tokens whose keys and values are kept, for each token that may be read at once."""


def prompts_of(given: Prompts) -> list[tuple[str, str]]:
    """Return ids and texts.

    Raises
    ------
    ModelError
        Something else is among them, or two share an id.

    Examples
    --------
    >>> prompts_of([Item("bees", "Who keeps bees?", (" he", " she"), 0), ("sea", "Where is the sea?")])
    [('bees', 'Who keeps bees?'), ('sea', 'Where is the sea?')]
    """
    pairs = [_pair(each) for each in given]
    seen: set[str] = set()
    for prompt_id, _ in pairs:
        if prompt_id in seen:
            raise ModelError(f"two prompts share the id {prompt_id!r}; what is drawn depends on it, so ids must differ")
        seen.add(prompt_id)
    return pairs


def _pair(given: Item | Text | tuple[str, str]) -> tuple[str, str]:
    if isinstance(given, Item):
        return given.id, given.prompt
    if isinstance(given, Text):
        raise ModelError(f"text {given.id!r} is running text, no prompt; to continue it, pass (id, text)")
    if isinstance(given, tuple) and len(given) == 2 and all(isinstance(part, str) for part in given):
        return given
    raise ModelError(f"a prompt is {given!r}; allowed are items and pairs (id, text)")


@dataclass(frozen=True)
class Row:
    """One text to be written.

    Attributes
    ----------
    prompt : int
        Index of its prompt.
    sample : int
        Its number among the texts of that prompt.
    """

    prompt: int
    sample: int


def batches(lengths: Sequence[int], samples: int, max_tokens: int, budget: int, *, pads: bool) -> Iterator[list[Row]]:
    """Put rows of prompts of like length together, the longest first.

    Each prompt is read once a batch, whatever the number of its samples there.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each prompt.
    samples, max_tokens : int
        Texts for each prompt, and most tokens of a text.
    budget : int
        Most tokens of prompts that are read at once, padding counted; `KEPT` times as many are kept with what is
        written. A row that needs more makes a batch of its own.
    pads : bool
        Whether prompts of different lengths may run together.

    Yields
    ------
    list of Row
        Rows of one prompt stand together.

    Examples
    --------
    >>> for rows in batches([3, 5, 4], samples=1, max_tokens=2, budget=10, pads=True):
    ...     print([row.prompt for row in rows])
    [1, 2]
    [0]
    >>> for rows in batches([3], samples=3, max_tokens=2, budget=1, pads=True):  # 8 are kept
    ...     print([(row.prompt, row.sample) for row in rows])
    [(0, 0)]
    [(0, 1)]
    [(0, 2)]
    """
    waiting: list[Row] = []
    width = read = 0
    for prompt in sorted(range(len(lengths)), key=lambda prompt: -lengths[prompt]):
        for sample in range(samples):
            new = sample == 0 or not waiting
            over = (read + new) * width > budget and new
            kept = (len(waiting) + 1) * (width + max_tokens) > KEPT * budget
            if waiting and (over or kept or (not pads and lengths[prompt] != width)):
                yield waiting
                waiting = []
            if not waiting:
                width, read, new = lengths[prompt], 0, True
            read += new
            waiting.append(Row(prompt, sample))
    if waiting:
        yield waiting
