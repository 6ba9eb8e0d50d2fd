"""What became of an answer, before it is asked whether it is right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pytest_llmcal.tasks.typography import plain

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
    text: str,
    finish_reason: Literal["stop", "length"] = "stop",
    refusals: Sequence[str] = REFUSALS,
    references: Sequence[str] = (),
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
    references : sequence of str
        Right answers. Where one of them begins like a refusal itself, as a song's name or a translation may, no answer
        is taken for one: whether it is right is for its correctness to say.

    Returns
    -------
    {"empty", "refused", "truncated", "answered"}
        The first of these that is true: there is nothing but white space; the text begins like a refusal; it did not
        come to an end; none of these.

    Examples
    --------
    >>> outcome("  "), outcome("I'm sorry, but"), outcome("the river Ni", "length"), outcome("Sorrento")
    ('empty', 'refused', 'truncated', 'answered')
    >>> outcome("I can't get no satisfaction", references=["(I Can't Get No) Satisfaction"])
    'answered'
    """
    if not text.strip():
        return "empty"
    if _declines(text, refusals) and not any(_declines(reference, refusals) for reference in references):
        return "refused"
    return "truncated" if finish_reason == "length" else "answered"


def _declines(text: str, refusals: Sequence[str]) -> bool:
    words = plain(text).lower()
    return any(re.match(rf"\W*{re.escape(plain(each).lower())}(?!\w)", words) for each in refusals)
