"""Scores of answers that a model writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

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
"""Why an answer is left out whose confidence cannot be read, unless it declines to answer or is none."""


class UnreadableError(ModelError):
    """No confidence can be read of any of the answers.

    Attributes
    ----------
    left_out, groups : mapping
        The items and why they are left out, and their groups, as in ``Scores``.
    """

    def __init__(self, text: str, left_out: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(text)
        self.left_out, self.groups = left_out, groups


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

    An empty answer is judged like any other, a truncated one as far as it goes, and a refusal counts as wrong. What has
    no confidence that can be read is left out, and counted by what it is: unparseable, or a refusal, or empty.

    Raises
    ------
    UnreadableError
        If no answer has a confidence that can be read.
    """
    judge = judge_of(writing.correctness, {ENTAILMENT: entailment})  # what cannot be judged is not to be written
    answers = method.answers(Asker(model, progress), items, writing)
    known = [place for place, answer in enumerate(answers) if answer.confidence is not None]
    lost = [place for place, answer in enumerate(answers) if answer.confidence is None]
    left_out = {items[place].id: _why_left_out(answers[place], items[place], writing) for place in lost}
    its = {items[place].id: {attribute: members[place] for attribute, members in groups.items()} for place in lost}
    if not known:
        raise UnreadableError(
            f"item {items[0].id!r} and all others: no confidence can be read of what was written, "
            f"here {answers[0].text!r}",
            left_out,
            its,
        )
    texts = [answers[place].text for place in known]
    outcomes = [_outcome(answers[place], items[place], writing) for place in known]
    found = judge(texts, [items[place] for place in known])
    scores = Scores(
        [answer.confidence for answer in answers if answer.confidence is not None],
        [0.0 if became == "refused" else right for right, became in zip(found, outcomes, strict=True)],
        ids=[items[place].id for place in known],
        groups={attribute: [members[place] for place in known] for attribute, members in groups.items()},
        answers=texts,
        outcomes=outcomes,
        left_out=left_out,
        about=replace(about, confidence_method=label(method)),
    )
    return scores._with(left_out_groups=MappingProxyType(its))


def _outcome(answer: ConfidentAnswer, item: OpenItem, writing: Writing) -> Outcome:
    judged_by_people = split_threshold(writing.correctness)[0] == JUDGED
    return outcome(answer.text, answer.finish_reason, () if judged_by_people else writing.refusals, item.references)


def _why_left_out(answer: ConfidentAnswer, item: OpenItem, writing: Writing) -> str:
    became = _outcome(answer, item, writing)
    return became if became in ("empty", "refused") else UNPARSEABLE
