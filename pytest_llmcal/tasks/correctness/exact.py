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
    Comprehension of Text", EMNLP 2016) and of TriviaQA.

    Examples
    --------
    >>> normalized(" The  Eiffel Tower. ")
    'eiffel tower'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(text: str, item: OpenItem) -> float:
    """Return 1 if the normalised text is one of the normalised references, else 0.

    Examples
    --------
    >>> exact_match(" the Beatles", OpenItem("1", "Who sang Yesterday?", ("Beatles", "The Fab Four")))
    1.0
    """
    return float(normalized(text) in {normalized(reference) for reference in item.references})
