"""Scores of answers that a model writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmcal.measurement import About
from pytest_llmcal.scores import Scores
from pytest_llmcal.scoring.confidence.method import Asker, ConfidenceMethod, ConfidentAnswer
from pytest_llmcal.scoring.confidence.registry import label
from pytest_llmcal.scoring.entailment import entailment
from pytest_llmcal.scoring.protocol import Model, ModelError, Progress
from pytest_llmcal.tasks import OpenItem, Writing
from pytest_llmcal.tasks.correctness import ENTAILMENT, JUDGED, judge_of, split_threshold
from pytest_llmcal.tasks.outcomes import Outcome, outcome

UNPARSEABLE = "unparseable"
"""Why an answer is left out whose confidence cannot be read."""


def score_written(
    model: Model,
    items: Sequence[OpenItem],
    writing: Writing,
    method: ConfidenceMethod,
    groups: dict[str, list[str]],
    about: About,
    progress: Progress | None,
) -> Scores:
    """Have items answered and judge the answers.

    An empty answer is judged like any other, a truncated one as far as it goes, and a refusal counts as wrong. An
    answer whose confidence cannot be read is left out by name.
    """
    judge = judge_of(writing.correctness, {ENTAILMENT: entailment})  # what cannot be judged is not to be written
    answers = method.answers(Asker(model, progress), items, writing)
    known = [place for place, answer in enumerate(answers) if answer.confidence is not None]
    if not known:
        raise ModelError(
            f"item {items[0].id!r} and all others: no confidence can be read of what was written, "
            f"here {answers[0].text!r}"
        )
    texts = [answers[place].text for place in known]
    outcomes = [_outcome(answers[place], writing) for place in known]
    found = judge(texts, [items[place] for place in known])
    return Scores(
        [answer.confidence for answer in answers if answer.confidence is not None],
        [0.0 if became == "refused" else right for right, became in zip(found, outcomes, strict=True)],
        ids=[items[place].id for place in known],
        groups={attribute: [members[place] for place in known] for attribute, members in groups.items()},
        answers=texts,
        outcomes=outcomes,
        left_out={
            item.id: UNPARSEABLE for item, answer in zip(items, answers, strict=True) if answer.confidence is None
        },
        about=replace(about, confidence_method=label(method)),
    )


def _outcome(answer: ConfidentAnswer, writing: Writing) -> Outcome:
    judged_by_people = split_threshold(writing.correctness)[0] == JUDGED
    return outcome(answer.text, answer.finish_reason, () if judged_by_people else writing.refusals)
