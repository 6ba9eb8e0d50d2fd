"""Exact match, after what does not matter is taken away."""

from __future__ import annotations

import re
import string

from pytest_llmcal.tasks.open_items import OpenItem

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(text: str) -> str:
    """Return a text in lower case without punctuation, English articles and doubled white space.

    The normalisation of SQuAD (Rajpurkar, Zhang, Lopyrev, Liang, "SQuAD: 100,000+ Questions for Machine
    Comprehension of Text", EMNLP 2016) and of TriviaQA. Where nothing would be left, as of the answer "A", the text
    stays: an empty answer is another.

    Examples
    --------
    >>> normalized(" The  Eiffel Tower. "), normalized("A")
    ('eiffel tower', 'a')
    """
    lower = text.lower()
    return " ".join(_ARTICLES.sub(" ", lower.translate(_PUNCTUATION)).split()) or lower.strip()


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
