"""What became of an answer, before it is asked whether it is right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Outcome = Literal["answered", "empty", "refused", "truncated"]
"""What became of an answer."""

REFUSALS = (
    "as an AI",
    "as a language model",
    "I apologize",
    "I am not able to",
    "I am sorry",
    "I am unable to",
    "I can not",
    "I can't",
    "I cannot",
    "I decline",
    "I do not know",
    "I don't know",
    "I must decline",
    "I'm not able to",
    "I'm sorry",
    "I'm unable to",
    "I won't",
    "sorry",
    "unfortunately, I",
)
"""How a text begins that declines to answer; upper and lower case are the same."""


def outcome(
    text: str, finish_reason: Literal["stop", "length"] = "stop", refusals: Sequence[str] = REFUSALS
) -> Outcome:
    """Say what became of an answer.

    Parameters
    ----------
    text : str
        What the model wrote.
    finish_reason : {"stop", "length"}
        Whether it came to an end by itself, or the most tokens were reached without.
    refusals : sequence of str
        How texts begin that decline to answer, as whole words, whatever their case.

    Returns
    -------
    {"empty", "refused", "truncated", "answered"}
        The first of these that is true: there is nothing but white space; the text begins like a refusal; it did not
        come to an end; none of these.

    Examples
    --------
    >>> outcome("  "), outcome("I'm sorry, but"), outcome("the river Ni", "length"), outcome("Sorrento")
    ('empty', 'refused', 'truncated', 'answered')
    """
    words = text.strip().lower().replace("\u2019", "'")
    if not words:
        return "empty"
    if any(re.match(rf"\W*{re.escape(each.lower())}(?!\w)", words) for each in refusals):
        return "refused"
    return "truncated" if finish_reason == "length" else "answered"
