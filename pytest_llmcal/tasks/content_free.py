"""Items without content: the prompt of a task around a question that asks nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.items import Item, Items, questions_of
from pytest_llmcal.tasks.wording import Wording

INPUTS = ("N/A", "[MASK]", "")
"""What stands in the place of the content, after Zhao, Wallace, Feng, Klein, Singh (2021)."""

_MADE = ("letters",)  # follows from the number of choices, so it is no content


def content_free(items: Items, inputs: Sequence[str] = INPUTS) -> Items:
    r"""Return the items' prompt with each input in the place of what differs from item to item.

    What the template shows and all items share (instructions, labels, examples) stays. The question, and
    each other column that differs, become the input, and so do the texts of options that differ.

    Parameters
    ----------
    items : Items
        Questions with the same choices, as ``same_choices`` says, read by ``load_task`` from a file or dataset.
    inputs : sequence of str
        Texts without content.

    Returns
    -------
    Items
        One item an input, its ``answer`` without meaning.

    Raises
    ------
    TaskError
        If the choices differ from item to item; it is not known how the prompts were made; a column that differs
        is neither text nor number; or the template shows nothing that could be replaced.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pytest_llmcal import load_task
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "reviews.csv")
    ...     _ = path.write_text("review,good,bad,answer\nFine.,good,bad,good\nDull.,good,bad,bad\n")
    ...     task = load_task(path, template="Review: {{ review }}\nIt is", choices=["good", "bad"], calibration=0)
    >>> [item.prompt for item in content_free(task.test)]
    ['Review: N/A\nIt is', 'Review: [MASK]\nIt is', 'Review: \nIt is']
    """
    questions = questions_of(items)
    choices = same_choices(items)
    longest = next(item for item in questions if len(item.choices) == len(choices))
    wordings = [wording_of(item, items) for item in questions]
    replaced = _content(items, wordings)
    wording = wording_of(longest, items)
    made = (
        Item(f"content-free {number}", wording.prompt(**_filled(wording, replaced, text)), choices, 0)
        for number, text in enumerate(inputs)
    )
    return Items(items.task, "content-free", tuple(made))


def same_choices(items: Items) -> tuple[str, ...]:
    """Return the choices of all items: those of one with most, where the others have the first ones of them.

    Raises
    ------
    TaskError
        If an item has others; the text names it.
    """
    questions = questions_of(items)
    longest = max(questions, key=lambda item: len(item.choices))
    for item in questions:
        if item.choices != longest.choices[: len(item.choices)]:
            raise TaskError(
                f"task {items.task!r}: its choices differ from item to item: item {longest.id!r} has "
                f"{list(longest.choices)!r}, item {item.id!r} has {list(item.choices)!r}"
            )
    return longest.choices


def wording_of(item: Item, items: Items) -> Wording:
    """Return how an item's prompt was made.

    Raises
    ------
    TaskError
        If that is not known.
    """
    if item.wording is None:
        raise TaskError(
            f"task {items.task!r}: item {item.id!r} does not say how its prompt was made, so it cannot be made of "
            "other values; items that load_task reads from a file or dataset do"
        )
    return item.wording


def _content(items: Items, wordings: Sequence[Wording]) -> list[str]:
    """Return the names of what the template shows and differs from item to item."""
    shown = [name for name in wordings[0].shown if name not in _MADE]
    content = [
        name
        for name in shown
        if name == "question" or any(w.values.get(name) != wordings[0].values.get(name) for w in wordings)
    ]
    if not content:
        raise TaskError(
            f"task {items.task!r}: nothing that its template shows ({', '.join(shown) or 'no column'}) differs from "
            "item to item, so there is no content to be left out"
        )
    return content


def _filled(wording: Wording, names: Sequence[str], text: str) -> Mapping[str, Any]:
    return {name: _emptied(wording, name, text) for name in names}


def _emptied(wording: Wording, name: str, text: str) -> Any:
    value = wording.values[name]
    if name == "choices":
        return (text,) * len(value)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int, float))):
        raise TaskError(
            f"{wording.where}, column {name!r}: the template shows it, it differs from item to item, and it is "
            f"{type(value).__name__}; only text and numbers can be replaced by {text!r}"
        )
    return value if value is None else text
