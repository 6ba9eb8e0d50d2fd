"""What the tests on a GPU ask of models, and how they compare answers. Nothing here needs a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from pytest_llmcal import Scores, load_task
from pytest_llmcal.scoring import LogLikelihood, Request
from pytest_llmcal.scoring.huggingface import HuggingFaceModel
from pytest_llmcal.tasks import Item
from tests.scoring.conftest import make

FAMILIES = ("gpt2", "llama", "mistral", "gemma2", "neox", "mamba")
"""Random models that differ in positions, attention and head."""

EMBEDDED = ("world/gpt2", "world/gpt2-overfit")


def random_model(family: str, folder: Path) -> Path:
    return make(family, folder / family)


def requests(task: str = "world/qa", limit: int = 200) -> list[Request]:
    """Choices of one to several tokens, four or so behind each context."""
    items = [item for item in load_task(task, limit=limit).test if isinstance(item, Item)]
    return [Request(item.id, item.prompt, choice) for item in items for choice in item.choices]


def shared_prefix(count: int = 24) -> list[Request]:
    """Contexts that begin alike, some with one another further than with the rest, and choices of several lengths."""
    choices = (" the miller", " B", " 12.50 or less, nobody knows")
    opening = "Who keeps the bees of Oakrise? "
    contexts = [f"{opening}{'The baker says so. ' * (number % 3)}Item {number}:" for number in range(count)]
    return [Request(context, context, choice) for context in contexts for choice in choices]


def one_by_one(model: HuggingFaceModel, asked: Sequence[Request]) -> list[LogLikelihood]:
    """Ask each request by itself: with nothing beside it, nothing can be packed or shared."""
    return list(chain.from_iterable(model.log_likelihoods([request]) for request in asked))


def largest_difference(some: Sequence[LogLikelihood], others: Sequence[LogLikelihood]) -> float:
    assert [each.tokens for each in some] == [each.tokens for each in others]
    return max(abs(one.total - other.total) for one, other in zip(some, others, strict=True))


def flipped(some: Scores, others: Scores) -> float:
    """Share of items whose chosen answers differ."""
    assert some.choices is not None
    assert others.choices is not None
    return float(np.mean(some.choices.chosen != others.choices.chosen))
