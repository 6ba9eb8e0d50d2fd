"""Shared words, and references that stand somewhere in an answer."""

from __future__ import annotations

from collections import Counter

from pytest_llmcal.tasks.correctness.exact import normalized
from pytest_llmcal.tasks.open_items import OpenItem


def token_f1(text: str, item: OpenItem) -> float:
    """Return the F1 of the normalised words of the text and of the reference that it shares most with.

    With c the number of words in common, counted as often as both have them, it is 2c / (words of the text + words of
    the reference). Where one of the two has no words left, it is 1 if the other has none either, else 0. (Rajpurkar,
    Zhang, Lopyrev, Liang, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", EMNLP 2016, section 6.1.)

    Parameters
    ----------
    text : str
        The answer.
    item : OpenItem
        What was asked, with its references.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> item = OpenItem("1", "Which river runs through Cairo?", ("the Nile", "the White Nile"))
    >>> token_f1("the river Nile", item), token_f1("Nile", item)
    (0.6666666666666666, 1.0)
    """
    return max(_f1(normalized(text).split(), normalized(reference).split()) for reference in item.references)


def _f1(words: list[str], expected: list[str]) -> float:
    if not words or not expected:
        return float(words == expected)
    return 2 * (Counter(words) & Counter(expected)).total() / (len(words) + len(expected))


def contains(text: str, item: OpenItem) -> float:
    """Return 1 if the normalised text has one of the normalised references among its words, else 0.

    (As a lenient match of short answers: Mallen, Asai, Zhong, Das, Khashabi, Hajishirzi, "When Not to Trust Language
    Models", ACL 2023, section 3. There a reference may also stand inside a longer word; here it may not.) A reference
    that is an article, as of the choice "A", has to be the whole answer: nearly every sentence has one.

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

    Examples
    --------
    >>> item = OpenItem("1", "Who sang Yesterday?", ("The Beatles", "The Fab Four"))
    >>> contains("It was sung by the Beatles, of course.", item), contains("Beetles", item)
    (1.0, 0.0)
    """
    words = f" {normalized(text)} "
    return float(any(f" {normalized(reference)} " in words for reference in item.references))
