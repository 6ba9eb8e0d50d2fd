"""What is to be continued, as ids and texts, and which rows run together: decided here, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_llmcal.scoring.protocol import ModelError, Prompts
from pytest_llmcal.tasks import AnyItem, Item, OpenItem, Text

KEPT = 8
"""Tokens whose keys and values are kept, for each token that may be read at once."""


def prompts_of(given: Prompts) -> list[tuple[str, str]]:
    """Return ids and texts.

    Raises
    ------
    ModelError
        Something else is among them, two share an id, or a text has half of a surrogate pair, which is no character.

    Examples
    --------
    >>> prompts_of([Item("bees", "Who keeps bees?", (" he", " she"), 0), ("sea", "Where is the sea?")])
    [('bees', 'Who keeps bees?'), ('sea', 'Where is the sea?')]
    """
    pairs = [_pair(each) for each in given]
    seen: set[str] = set()
    for prompt_id, text in pairs:
        if prompt_id in seen:
            raise ModelError(f"two prompts share the id {prompt_id!r}; what is drawn depends on it, so ids must differ")
        seen.add(prompt_id)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ModelError(
                f"prompt {prompt_id!r}: {text[error.start]!r} at place {error.start} is half of a surrogate pair; "
                f"allowed are Unicode characters"
            ) from None
    return pairs


def _pair(given: AnyItem | tuple[str, str]) -> tuple[str, str]:
    if isinstance(given, (Item, OpenItem)):
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


def longest_first(lengths: Sequence[int], samples: int) -> list[Row]:
    """Return the rows of all prompts, those of one together.

    Examples
    --------
    >>> [(row.prompt, row.sample) for row in longest_first([3, 5], samples=2)]
    [(1, 0), (1, 1), (0, 0), (0, 1)]
    """
    prompts = sorted(range(len(lengths)), key=lambda prompt: -lengths[prompt])
    return [Row(prompt, sample) for prompt in prompts for sample in range(samples)]


def next_batch(
    rows: Sequence[Row], start: int, lengths: Sequence[int], max_tokens: int, budget: int, *, pads: bool
) -> tuple[list[Row], int]:
    """Take the rows that run together next.

    Each prompt is read once a batch, whatever the number of its samples there.

    Parameters
    ----------
    rows : sequence of Row
        Those of one prompt stand together, the longest prompts first.
    start : int
        Index of the first row that is not done.
    lengths : sequence of int
        Tokens of each prompt.
    max_tokens : int
        Most tokens of a text.
    budget : int
        Most tokens that are kept, of prompts and of what is written, padding counted; for every `KEPT` of them one
        token of several prompts is read at once. A row that needs more makes a batch of its own.
    pads : bool
        Whether prompts of different lengths may run together.

    Returns
    -------
    (batch, tokens)
        Rows, and the least budget that they fit into.

    Examples
    --------
    >>> rows = longest_first([3, 5, 4], samples=1)
    >>> [row.prompt for row in next_batch(rows, 0, [3, 5, 4], max_tokens=2, budget=80, pads=True)[0]]
    [1, 2]
    >>> rows = longest_first([3], samples=3)
    >>> next_batch(rows, 0, [3], max_tokens=2, budget=8, pads=True)
    ([Row(prompt=0, sample=0)], 5)
    """
    width = lengths[rows[start].prompt]
    read = used = 0
    end = start
    while end < len(rows):
        prompt = rows[end].prompt
        together = read + (end == start or prompt != rows[end - 1].prompt)
        # a prompt alone is read whatever its length, once for all of its samples
        needed = max(KEPT * together * width if together > 1 else 0, (end + 1 - start) * (width + max_tokens))
        if end > start and (needed > budget or (not pads and lengths[prompt] != width)):
            break
        read, used, end = together, needed, end + 1
    return list(rows[start:end]), used
