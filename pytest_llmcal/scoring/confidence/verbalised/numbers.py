"""Numbers as people and models write them, on a scale from 0 to 1."""

from __future__ import annotations

import re
from dataclasses import dataclass

# with more digits 99.99 and so on is rounded to 100
_NUMBER = r"(?:(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,12})?|\.[0-9]{1,12})"
_PERCENT = r"\s?(?:%|percent\b|per\ cent\b)"
QUANTITY = rf"""
    (?P<even>50/50|50-50|fifty-fifty)
  | (?:between\s)?
    (?P<low>{_NUMBER})(?P<low_percent>{_PERCENT})?
    (?:\s?-\s?|\s(?:to|and)\s)
    (?P<high>{_NUMBER})(?P<high_percent>{_PERCENT})?
  | (?P<part>{_NUMBER})
    (?:\s?/\s?|\s(?:times\s)?(?:out\s)?of\s|\sin\s)
    (?P<whole>[1-9][0-9]{{0,2}})(?:\.0+)?(?![0-9])
  | (?P<number>{_NUMBER})(?P<percent>{_PERCENT})?
"""
"""Regular expression (verbose, ignoring case) of what `reading` reads."""

SCALE = r"""
    (?:\s?\(0%?\s?(?:-|to)\s?100%?\)(?=\s?[:=]?\s?(?:[1-9][0-9]|[0-9]\s?%))
      |\s?\(0(?:\.0)?\s?(?:-|to)\s?1(?:\.0)?\)(?=\s?[:=]?\s?[01]?\.[0-9]))
"""
"""The scale in parentheses behind a label, as in "Confidence (0-100%): 90%", where the number can be of it alone."""

_WHOLES = {2, 3, 4, 5, 10, 20, 100}
"""Scales that people use; 9/11 is a date."""


@dataclass(frozen=True)
class Quantity:
    """A number that was found.

    Attributes
    ----------
    value : float or None
        From 0 to 1; None where it is out of range or may mean two things.
    explicit : bool
        Whether it says by itself that it is a probability: by a percent sign, a scale, or a 0 before the point.
    """

    value: float | None
    explicit: bool


def quantity(found: re.Match[str]) -> Quantity:
    """Say what a match of `QUANTITY` means.

    Parameters
    ----------
    found : re.Match

    Examples
    --------
    >>> quantity(re.compile(QUANTITY, re.VERBOSE).fullmatch("80-90%"))
    Quantity(value=0.85, explicit=True)
    >>> quantity(re.compile(QUANTITY, re.VERBOSE).fullmatch("1"))
    Quantity(value=None, explicit=False)
    """
    if found["even"]:
        return Quantity(0.5, explicit=True)
    if found["low"]:
        percent = bool(found["low_percent"] or found["high_percent"])
        return _range(Quantity(*_read(found["low"], percent)), Quantity(*_read(found["high"], percent)))
    if found["part"]:
        return Quantity(_share(found["part"], int(found["whole"])), explicit=True)
    return Quantity(*_read(found["number"], bool(found["percent"])))


def _read(text: str, percent: bool) -> tuple[float | None, bool]:
    """Read a number: of percent with their sign, else of 1 or of 100, where it can be of one of them only."""
    number, pointed = float(text), "." in text
    if percent:
        # 0.9% is 0.9 with a sign too many more often than nine in a thousand
        return (None if number > 100 or (pointed and number <= 1) else number / 100), True
    if number == 0 or (pointed and number <= 1):
        return number, pointed
    return (number / 100 if 10 < number <= 100 else None), False


def _range(low: Quantity, high: Quantity) -> Quantity:
    explicit = low.explicit and high.explicit
    # a range from 0 to 1 is the scale that was asked for, said again
    if low.value is None or high.value is None or low.value > high.value or (low.value, high.value) == (0.0, 1.0):
        return Quantity(None, explicit)
    return Quantity(round((low.value + high.value) / 2, 12), explicit)  # 0.85, not 0.8500000000000001


def _share(part: str, whole: int) -> float | None:
    odds = float(part) + whole == 100
    known = whole in _WHOLES or (whole == 1 and "." in part)
    return float(part) / whole if known and not odds and float(part) <= whole else None
