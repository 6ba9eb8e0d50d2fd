"""Scores of answers that a model writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_llmcal.measurement import About
from pytest_llmcal.scores import Scores
from pytest_llmcal.scoring.confidence.method import Asker, ConfidenceMethod, ConfidentAnswer
from pytest_llmcal.scoring.confidence.registry import label
from pytest_llmcal.scoring.protocol import Model, ModelError, Progress
from pytest_llmcal.tasks import OpenItem, Writing
from pytest_llmcal.tasks.correctness import correctness


def score_written(
    model: Model,
    items: Sequence[OpenItem],
    writing: Writing,
    method: ConfidenceMethod,
    groups: dict[str, list[str]],
    about: About,
    progress: Progress | None,
) -> Scores:
    """Have items answered and judge the answers."""
    answers = method.answers(Asker(model, progress), items, writing)
    judge = correctness(writing.correctness)
    return Scores(
        [_known(answer, item) for item, answer in zip(items, answers, strict=True)],
        [judge(answer.text, item) for item, answer in zip(items, answers, strict=True)],
        ids=[item.id for item in items],
        groups=groups,
        answers=[answer.text for answer in answers],
        about=replace(about, confidence_method=label(method)),
    )


def _known(answer: ConfidentAnswer, item: OpenItem) -> float:
    if answer.confidence is None:
        raise ModelError(f"item {item.id!r}: no confidence can be read of {answer.text!r}")
    return answer.confidence
