"""Exact match, after what does not matter is taken away."""

from __future__ import annotations

import re
import string

from pytest_llmcal.tasks.open_items import OpenItem
from pytest_llmcal.tasks.typography import plain

_ARTICLES = re.compile(r"\b(a|an|the)\b")

# what tells two numbers apart is kept: of -5, .5, 3.5, 1/2, 5:30 and 2023-10-05
_PUNCTUATION = re.compile(
    rf"""((?<=\d)[./:-](?=\d)|(?<![^\s("'$-])[.-](?=[$\u00a3\u20ac]?\.?\d))|[{re.escape(string.punctuation)}]"""
)


def normalized(text: str) -> str:
    """Return a text in lower case without punctuation, English articles and doubled white space.

    The normalisation of SQuAD (Rajpurkar, Zhang, Lopyrev, Liang, "SQuAD: 100,000+ Questions for Machine
    Comprehension of Text", EMNLP 2016), with two differences: quotes, dashes and accents that only look different are
    made the same, and the signs of a number stay, so that -5 is not 5, 3.5 not 35 and 1/2 not 12. Where nothing would
    be left without articles, as of the answer "A.", they stay, and where nothing would be left without punctuation the
    text stays: an empty answer is another.

    Examples
    --------
    >>> normalized(" The  Eiffel Tower. "), normalized("A."), normalized("+"), normalized("It is -3.5!")
    ('eiffel tower', 'a', '+', 'it is -3.5')
    """
    lower = plain(text).casefold()
    words = _PUNCTUATION.sub(lambda found: found[1] or "", lower)
    return " ".join(_ARTICLES.sub(" ", words).split()) or " ".join(words.split()) or lower.strip()


def exact_match(text: str, item: OpenItem) -> float:
    """Return 1 if the normalised text is one of the normalised references, else 0.

    Parameters
    ----------
    text : str
        The answer.
    item : OpenItem
        What was asked, with its references: other names of the same thing, too.

    Returns
    -------
    float
        0 or 1.

    Examples
    --------
    >>> exact_match(" the Beatles", OpenItem("1", "Who sang Yesterday?", ("Beatles", "The Fab Four")))
    1.0
    """
    return float(normalized(text) in {normalized(reference) for reference in item.references})
