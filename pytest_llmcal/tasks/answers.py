"""Which choice an answer column names."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_llmcal.tasks.prompts import LETTERS
from pytest_llmcal.tasks.rows import Row


def read_answer(row: Row, column: str, form: str, choices: Sequence[object]) -> int:
    """Index of the right choice.

    Parameters
    ----------
    row : Row
        The row, for error messages.
    column : str
        Column that names the answer.
    form : str
        ``"index"`` counts from zero, ``"number"`` from one, ``"letter"`` is A, B, ..., ``"text"`` is
        the choice itself. ``"auto"`` takes the first, third and fourth, and refuses an answer
        that they read differently.
    choices : sequence
        The choices as the row gives them.

    Returns
    -------
    int

    Raises
    ------
    TaskError
        The answer names no choice, or more than one.
    """
    value = row[column]
    forms = ("index", "letter", "text") if form == "auto" else (form,)
    read = sorted({index for each in forms for index in _READ[each](value, choices)})
    if not read:
        wrong = "names none of the choices" if _whole(value) is None else "is out of range"
        row.refuse(column, f"{value!r} {wrong}; allowed is {_allowed(forms, choices)}")
    if len(read) > 1:
        row.refuse(
            column,
            f"{value!r} may be choice {' or choice '.join(map(str, read))} (counted from 0) of "
            f"{list(choices)!r}; say which with answer_form",
        )
    return read[0]


def _by_index(value: object, choices: Sequence[object]) -> list[int]:
    number = _whole(value)
    return [number] if number is not None and 0 <= number < len(choices) else []


def _by_number(value: object, choices: Sequence[object]) -> list[int]:
    number = _whole(value)
    return [number - 1] if number is not None and 1 <= number <= len(choices) else []


def _by_letter(value: object, choices: Sequence[object]) -> list[int]:
    return [index for index, letter in enumerate(LETTERS[: len(choices)]) if letter == value]


def _by_text(value: object, choices: Sequence[object]) -> list[int]:
    # 1, 1.0 and True are equal in Python, and not the same answer
    return [index for index, choice in enumerate(choices) if type(choice) is type(value) and choice == value]


_READ = {"index": _by_index, "number": _by_number, "letter": _by_letter, "text": _by_text}


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():  # what pandas makes of whole numbers beside an empty cell
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _allowed(forms: Sequence[str], choices: Sequence[object]) -> str:
    ways = {
        "index": f"0 to {len(choices) - 1}",
        "number": f"1 to {len(choices)}",
        "letter": f"A to {LETTERS[min(len(choices), len(LETTERS)) - 1]}",
        "text": f"one of {list(choices)!r}",
    }
    return ", or ".join(ways[form] for form in forms)
