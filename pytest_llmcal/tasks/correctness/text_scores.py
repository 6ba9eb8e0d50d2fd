"""Scores of translations and summaries, by the packages that publish them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

from pytest_llmcal.tasks.errors import TaskError
from pytest_llmcal.tasks.open_items import OpenItem


def chrf(text: str, item: OpenItem) -> float:
    """Return the character n-gram F-score of the text, that of sacrebleu divided by 100.

    Of several references the best counts. (Popovic, "chrF: character n-gram F-score for automatic MT evaluation",
    WMT 2015; Post, "A Call for Clarity in Reporting BLEU Scores", WMT 2018.)

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

    Raises
    ------
    TaskError
        The package sacrebleu is not installed.

    Examples
    --------
    >>> item = OpenItem("1", "Die Katze schlaeft.", ("The cat sleeps.", "The cat is asleep."))
    >>> chrf("The cat sleeps.", item), round(chrf("A cat slept.", item), 3)
    (1.0, 0.375)
    """
    return _of_hundred(_sacrebleu("chrF"), text, item)


def bleu(text: str, item: OpenItem) -> float:
    """Return the sentence BLEU of the text, that of sacrebleu divided by 100.

    Short texts are judged by the n-grams that they can have (effective order), and counts of zero are smoothed
    exponentially, as sacrebleu does by default. (Papineni, Roukos, Ward, Zhu, "BLEU: a Method for Automatic Evaluation
    of Machine Translation", ACL 2002; Post, "A Call for Clarity in Reporting BLEU Scores", WMT 2018.)

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

    Raises
    ------
    TaskError
        The package sacrebleu is not installed.

    Examples
    --------
    >>> item = OpenItem("1", "Die Katze schlaeft.", ("The cat sleeps.",))
    >>> bleu("The cat sleeps.", item), round(bleu("The cat slept.", item), 3)
    (1.0, 0.354)
    """
    return _of_hundred(_sacrebleu("BLEU"), text, item)


def rouge(kind: str) -> Callable[[str, OpenItem], float]:
    """Make a function that returns a ROUGE F-score of a text, as the package rouge-score computes it.

    Words are stemmed, and of several references the best counts. The package knows the letters a to z and digits alone:
    texts in other scripts are nothing to it. (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004.)

    Parameters
    ----------
    kind : {"rouge1", "rouge2", "rougeL"}
        Single words, pairs of words, or the longest sequence of words in common.

    Returns
    -------
    callable
        From an answer and its item to a number from 0 to 1; raises `TaskError` where rouge-score is not installed.

    Examples
    --------
    >>> item = OpenItem("1", "Summarise.", ("The old mill burned down.",))
    >>> round(rouge("rouge1")("A mill has burned.", item), 3), rouge("rouge2")("A mill has burned.", item)
    (0.444, 0.0)
    """

    def judge(text: str, item: OpenItem) -> float:
        return float(_rouge_scorer(kind).score_multi(list(item.references), text)[kind].fmeasure)

    return judge


def _of_hundred(scorer: Any, text: str, item: OpenItem) -> float:
    score: float = scorer.sentence_score(text.strip(), list(item.references)).score
    return min(1.0, score / 100)  # that of the text itself is 100.00000000000004


@cache
def _rouge_scorer(kind: str) -> Any:
    _need("rouge_score", "rouge-score")
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], use_stemmer=True)


@cache
def _sacrebleu(metric: str) -> Any:
    _need("sacrebleu", "sacrebleu")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return BLEU(effective_order=True) if metric == "BLEU" else CHRF()


def _need(module: str, package: str) -> None:
    if find_spec(module) is None:
        raise TaskError(f"this correctness needs the package {package}: pip install 'pytest-llmcal[text]'")
