"""The last number of an answer, for arithmetic."""

from __future__ import annotations

import re
from decimal import Decimal

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import OpenItem

MARK = "####"
"""What stands before the final number where an answer is written as in GSM8K."""

# A sign stands at the beginning of a word: that of 10-3 is an operation, and that of "- 3 eggs" begins a list. A point
# without digits before it belongs to a number only where no digit and no other point stands before it.
_NUMBER = re.compile(
    r"""
    (?P<sign>(?<![\w)])[-\u2212])?[$\u00a3\u20ac]?
    (?P<number>(?:\d{1,3}(?:[,'\u2019]\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\d.])\.\d+)
    (?P<exponent>[eE][+-]?\d{1,3}(?!\w))?
    """,
    re.VERBOSE,
)
_NO_NUMBER = re.compile(r"\d+(?:\.\d+){2,}|\d[\d.]*[eE][+-]?(?:\d{4,}|\d+[^\W\d])\w*")
"""Dates, versions and sections, 12.05.2020 or 1.2.3, and what begins like a power of ten, 1e3x."""


def last_number(text: str, item: OpenItem) -> float:
    r"""Return 1 if the last number of the text equals that of a reference, else 0.

    Thousands are parted by commas, apostrophes or not at all, decimals begin with a point, and units, currencies and a
    full stop at the end play no part: ``$1,200.00`` and ``1200 dollars`` are the same. Dates and versions, 12.05.2020
    or 1.2.3, are no numbers. Where a text has ``####``, as solutions of GSM8K have, the first number after it is taken.
    A text without a number is wrong. (Cobbe et al., "Training Verifiers to Solve Math Word Problems",
    arXiv:2110.14168.)

    Parameters
    ----------
    text : str
        The answer.
    item : OpenItem
        What was asked, with its references.

    Returns
    -------
    float
        0 or 1.

    Raises
    ------
    TaskError
        A reference has no number.

    Examples
    --------
    >>> item = OpenItem("eggs", "How much does she make?", ("She makes 9 * 2 = 18 a day.\n#### 18",))
    >>> last_number("9 eggs at $2 are $18.00.", item), last_number("18 eggs, 2 each: 36", item)
    (1.0, 0.0)
    """
    expected = {_expected(reference, item) for reference in item.references}
    return float(final_number(text) in expected)


def final_number(text: str) -> Decimal | None:
    """Return the number that a solution ends in, None where there is none.

    Examples
    --------
    >>> final_number("Of 1,250 sheep, -2.5 kg each"), final_number("10-3"), final_number("none")
    (Decimal('-2.5'), Decimal('3'), None)
    """
    _, mark, behind = text.partition(MARK)
    if mark and (numbers := _numbers(behind)):
        return numbers[0]
    numbers = _numbers(text)
    return numbers[-1] if numbers else None


def _numbers(text: str) -> list[Decimal]:
    return [
        Decimal(("-" if found["sign"] else "") + re.sub("[,'\u2019]", "", found["number"]) + (found["exponent"] or ""))
        for found in _NUMBER.finditer(_NO_NUMBER.sub(" ", text))
    ]


def _expected(reference: str, item: OpenItem) -> Decimal:
    number = final_number(reference)
    if number is None:
        raise TaskError(f"item {item.id!r}: last_number needs a reference with a number, it is {reference!r}")
    return number
