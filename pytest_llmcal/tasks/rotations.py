"""Items whose options stand in every cyclic order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pytest_llmcal.tasks.content_free import wording_of
from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Item, Items, questions_of


def rotated(items: Items) -> Items:
    r"""Return each item as often as it has options, each time with its options moved up by one more place.

    The letters stay where they are; what stands behind each of them moves.

    Parameters
    ----------
    items : Items
        Questions whose prompts list the options, read by ``load_task`` from a file or dataset.

    Returns
    -------
    Items
        The rotations of the first item, its old order first, then those of the second, and so on.

    Raises
    ------
    TaskError
        If it is not known how a prompt was made, or it does not list its options.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pytest_llmcal import load_task
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "sums.jsonl")
    ...     _ = path.write_text('{"question": "2 + 2?", "choices": ["4", "5"], "answer": 0}\n')
    ...     task = load_task(path, style="letters", calibration=0)
    >>> for item in rotated(task.test):
    ...     print(item.prompt.splitlines()[1:3], item.choices, item.answer)
    ['A. 4', 'B. 5'] (' A', ' B') 0
    ['A. 5', 'B. 4'] (' A', ' B') 1
    """
    return Items(items.task, "rotated", tuple(each for item in questions_of(items) for each in _rotations(item, items)))


def _rotations(item: Item, items: Items) -> Iterator[Item]:
    wording = wording_of(item, items)
    options = wording.values["choices"]
    for places in range(len(options)):
        moved = _turned(options, places)
        prompt = wording.prompt(choices=moved)
        if places and prompt == item.prompt:
            raise TaskError(
                f"task {items.task!r}: the prompt of item {item.id!r} stays the same when its options are moved; "
                "it must list them, as style='letters' does"
            )
        yield replace(
            item,
            id=f"{item.id} moved by {places}",
            prompt=prompt,
            choices=item.choices if wording.answered_by_letter else _turned(item.choices, places),
            answer=(item.answer - places) % len(options),
            truth=None if item.truth is None else _turned(item.truth, places),
            wording=replace(wording, values={**wording.values, "choices": moved}),
        )


def _turned(values: tuple[Any, ...], places: int) -> tuple[Any, ...]:
    return values[places:] + values[:places]
