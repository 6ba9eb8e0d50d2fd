"""Samples parted into classes of the same meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pytest_llmcal.scoring.confidence.equivalence.relation import Equivalence, Pair


def partitions(relation: Equivalence, questions: Sequence[str], samples: Sequence[Sequence[str]]) -> list[list[int]]:
    """Part the samples of each question into classes.

    As in the paper, an answer joins the first class whose first member it is the same as, or else begins a class of
    its own; so a relation that is not transitive makes classes too. The most frequent text comes first, of equally
    frequent ones the first by its characters, so that classes do not depend on the order of the samples (in
    the paper they come as drawn). White space at the ends is left out, and an empty answer is the same as an empty
    answer only.

    Parameters
    ----------
    relation : Equivalence
        Asked once for all questions, then for those with a second class, and so on: of few, long lists of pairs, each
        can be one batch.
    questions : sequence of str
        Prompts.
    samples : sequence of sequence of str
        Answers to each.

    Returns
    -------
    list of list of int
        The class of each sample, numbered from 0 as they first occur among the samples.

    References
    ----------
    Kuhn, Gal, Farquhar, "Semantic Uncertainty: Linguistic Invariances for Uncertainty Estimation in Natural Language
    Generation", ICLR 2023, algorithm 1.

    Examples
    --------
    >>> from pytest_llmcal.scoring.confidence.equivalence.text import SameText
    >>> partitions(SameText(), ["Who?"], [["The Beatles", "Wings", "beatles", "", "wings."]])
    [[0, 1, 0, 2, 1]]
    """
    stripped = [[text.strip() for text in row] for row in samples]
    # texts that have no class yet, the next class's first member in front
    open_texts = [_most_frequent_first(row) for row in stripped]
    heads: list[dict[str, str]] = [{} for _ in stripped]
    while any(open_texts):
        pairs = [
            Pair(question, texts[0], other)
            for question, texts in zip(questions, open_texts, strict=True)
            if texts and texts[0]
            for other in texts[1:]
            if other
        ]
        same = {pair for pair, agreed in zip(pairs, relation.same(pairs) if pairs else (), strict=True) if agreed}
        for place, (question, texts) in enumerate(zip(questions, open_texts, strict=True)):
            if texts:
                joined = [text for text in texts if text == texts[0] or Pair(question, texts[0], text) in same]
                heads[place] |= dict.fromkeys(joined, texts[0])
                open_texts[place] = [text for text in texts if text not in heads[place]]
    return [_numbered([head[text] for text in row]) for head, row in zip(heads, stripped, strict=True)]


def _most_frequent_first(texts: Sequence[str]) -> list[str]:
    counts = Counter(texts)
    return sorted(counts, key=lambda text: (-counts[text], text))


def _numbered(heads: Sequence[str]) -> list[int]:
    numbers = {head: number for number, head in enumerate(dict.fromkeys(heads))}
    return [numbers[head] for head in heads]
