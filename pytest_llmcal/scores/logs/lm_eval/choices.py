"""Multiple choice: the log-likelihoods that lm_eval kept, weighed as one of its accuracies does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from scipy.special import softmax

from pytest_llmcal.scores.errors import ScoresError
from pytest_llmcal.scores.logs.lm_eval.samples import Sample
from pytest_llmcal.scores.logs.logged import Judged, Weighed

# What lm_eval logs together with the index of the right choice.
_WITH_GOLD = ("brier_score", "likelihood", "f1", "mcc")


@dataclass(frozen=True)
class Question:
    """One sample with its choices.

    Attributes
    ----------
    choices : list of str
        What each request continued with, the delimiter taken off.
    sums : list of float
        Log-likelihood of each.
    alone : list of float or None
        The same without the context, where that was asked for.
    one_text : bool
        Whether all choices are the same text behind different contexts.
    """

    sample: Sample
    choices: list[str]
    sums: list[float]
    alone: list[float] | None
    one_text: bool


def weighed(samples: Sequence[Sample], normalization: str, delimiter: str | None) -> Weighed | Judged:
    """Return logits and right choices, or of items with several right ones or none that is known, the answers judged.

    Raises
    ------
    ScoresError
        If the normalisation is unknown or the log has not what it needs, or lm_eval's own accuracy says otherwise.
    """
    if normalization not in NORMALIZATIONS:
        raise ScoresError(f"unknown normalization {normalization!r}; allowed are {', '.join(NORMALIZATIONS)}")
    weigh, metric = NORMALIZATIONS[normalization]
    questions = _questions(samples, delimiter)
    texts = _targets_are_texts(questions)
    logits, right, correct = [], [], []
    for question in questions:
        weights = weigh(question)
        chosen = int(np.argmax(weights))
        gold = _right_choices(question, texts)
        logits.append(weights)
        right.append(gold)
        correct.append(_judged(question, chosen, gold, metric))
    if all(gold is not None and len(gold) == 1 for gold in right):
        return Weighed(logits, [gold[0] for gold in right if gold])
    return Judged([float(softmax(weights).max()) for weights in logits], correct)


def _questions(samples: Sequence[Sample], delimiter: str | None) -> list[Question]:
    read = [_asked(sample) for sample in samples]
    if delimiter is None:
        delimiter = _shared_space([text for texts, *_ in read for text in texts])
    return [
        Question(sample, [text.removeprefix(delimiter) for text in texts], sums, alone, len(set(texts)) == 1)
        for sample, (texts, sums, alone) in zip(samples, read, strict=True)
    ]


def _shared_space(texts: Sequence[str]) -> str:
    """Return the white space that all texts begin with."""
    columns = zip(*texts, strict=False)  # as far as the shortest text goes
    shared = takewhile(lambda column: column[0].isspace() and len(set(column)) == 1, columns)
    return "".join(column[0] for column in shared)


def _asked(sample: Sample) -> tuple[list[str], list[float], list[float] | None]:
    pairs = [arguments[:2] for arguments in sample.arguments]
    if any(len(pair) < 2 or not all(isinstance(text, str) for text in pair) for pair in pairs):
        raise ScoresError(
            f"{sample.place}: 'arguments' of a choice must be a context and a continuation, got {pairs!r}"
        )
    values = [_log_likelihood(answer, sample.place) for answer in sample.answers]
    if len(values) != len(pairs):
        raise ScoresError(f"{sample.place}: 'filtered_resps' has {len(values)} answers to {len(pairs)} requests")
    half = len(pairs) // 2
    twice = [pair[1] for pair in pairs[:half]] == [pair[1] for pair in pairs[half:]]
    alone = twice and any(pair[0] for pair in pairs[:half]) and not any(pair[0] for pair in pairs[half:])
    count = half if alone else len(pairs)
    if count < 2:
        raise ScoresError(
            f"{sample.place}: the likelihood of one continuation alone; how sure the model is of an answer of its own "
            "is known of tasks of the output type multiple_choice, or of generate_until with repeats"
        )
    return [pair[1] for pair in pairs[:count]], values[:count], values[count:] if alone else None


def _log_likelihood(answer: object, place: str) -> float:
    try:
        value = float(answer[0])  # type: ignore[index]  # what is no sequence is refused below
    except (TypeError, ValueError, IndexError, KeyError):
        value = math.nan
    if not (math.isfinite(value) and value <= 1e-3):  # narrow formats round a sum of zero upward
        raise ScoresError(
            f"{place}: 'filtered_resps' must hold a log-likelihood and whether it is greedy for each choice, "
            f"got {answer!r}"
        )
    return value


def _targets_are_texts(questions: Sequence[Question]) -> bool:
    """Tell whether targets that are numbers are texts of choices, where they can be that too: "2" among "1" to "4"."""
    doubtful = [
        question
        for question in questions
        if _logged_gold(question.sample) is None
        and question.sample.target.isdigit()
        and question.sample.target in question.choices
        and question.choices.index(question.sample.target) != int(question.sample.target)
    ]
    if not doubtful:
        return False

    def agree(right: Callable[[Question], int]) -> bool:
        said = ((int(np.argmax(one.sums)) == right(one), one.sample.metrics.get("acc")) for one in doubtful)
        return all(found == logged for found, logged in said)

    as_number = agree(lambda question: int(question.sample.target))
    as_text = agree(lambda question: question.choices.index(question.sample.target))
    if as_number == as_text:
        first = doubtful[0].sample
        raise ScoresError(
            f"{first.place}: the target {first.target!r} is the text of one choice and may be the number of another, "
            "and 'acc' does not tell which is meant"
        )
    return as_text


def _logged_gold(sample: Sample) -> list[object] | None:
    """Return the right choices where a metric was logged together with them."""
    for name in _WITH_GOLD:
        value = sample.metrics.get(name)
        if isinstance(value, list) and len(value) == 2:
            return value[0] if isinstance(value[0], list) else [value[0]]
    return None


def _right_choices(question: Question, texts: bool) -> list[int] | None:
    """Return the indices of the right choices; None where the log does not tell."""
    sample, count = question.sample, len(question.choices)
    gold = _logged_gold(sample)
    if gold is not None:
        return _within(gold, count, sample)
    if not texts and re.fullmatch(r"\s*\[\s*\d+(\s*,\s*\d+)*\s*\]\s*|\d+", sample.target):
        return _within([int(number) for number in re.findall(r"\d+", sample.target)], count, sample)
    if not question.one_text and sample.target in question.choices:
        return [question.choices.index(sample.target)]
    chosen = int(np.argmax(question.sums))
    if sample.metrics.get("acc") == 1.0:
        return [chosen]
    return [1 - chosen] if sample.metrics.get("acc") == 0.0 and count == 2 else None


def _within(indices: Sequence[object], count: int, sample: Sample) -> list[int]:
    for index in indices:
        if not (isinstance(index, int) and 0 <= index < count):
            raise ScoresError(f"{sample.place}: the right choice is {index!r}, of {count} choices from 0 on")
    return [index for index in indices if isinstance(index, int)]


def _judged(question: Question, chosen: int, gold: list[int] | None, metric: str) -> float:
    """Tell whether the chosen answer is right, and see that lm_eval says so too."""
    place, logged = question.sample.place, question.sample.metrics.get(metric)
    if gold is None and logged is None:
        raise ScoresError(
            f"{place}: which choice is right cannot be told of the target {question.sample.target!r}, and "
            f"no {metric!r} was logged"
        )
    if logged not in (None, 0.0, 1.0):
        raise ScoresError(
            f"{place}: {metric!r} is {logged!r}, so the task judges in a way of its own; expected is 0 or 1, whether "
            "the most likely choice is right"
        )
    if gold is None:
        return float(logged)  # type: ignore[arg-type]  # one of the two is there
    if logged is not None and (chosen in gold) != logged:
        raise ScoresError(
            f"{place}: lm_eval logged {metric!r} {logged}, but by its log-likelihoods choice {chosen} is the answer "
            f"and {' or '.join(map(str, gold))} is right; choose another normalization, or mend the file"
        )
    return float(chosen in gold)


def _by_length(length: Callable[[str], int]) -> Callable[[Question], list[float]]:
    def weigh(question: Question) -> list[float]:
        lengths = [length(choice) for choice in question.choices]
        if question.one_text or 0 in lengths:
            raise ScoresError(f"{question.sample.place}: its log does not tell how long the choices are")
        return [total / size for total, size in zip(question.sums, lengths, strict=True)]

    return weigh


def _pmi(question: Question) -> list[float]:
    if question.alone is None:
        raise ScoresError(
            f"{question.sample.place}: normalization 'pmi' needs the choices' log-likelihoods without their context, "
            "which lm_eval computes for the metric acc_mutual_info"
        )
    return [after - alone for after, alone in zip(question.sums, question.alone, strict=True)]


NORMALIZATIONS: dict[str, tuple[Callable[[Question], list[float]], str]] = {
    "sum": (lambda question: question.sums, "acc"),
    "character": (_by_length(len), "acc_norm"),
    "byte": (_by_length(lambda text: len(text.encode())), "acc_bytes"),
    "pmi": (_pmi, "acc_mutual_info"),
}
"""How choices are weighed, by name, and lm_eval's accuracy that does the same."""
