"""A small random GPT-2 that reads the world's words, and items with a teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores, load_task
from pytest_llmcal.tasks import Item, Items


@pytest.fixture(scope="session")
def student_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pytest_llmcal.world.train import new_model, save

    folder = tmp_path_factory.mktemp("models") / "student"
    save(new_model(seed=5), folder)
    return folder


@pytest.fixture(scope="session")
def items() -> Items:
    """Items with two to six choices of one to several tokens."""
    calibration = load_task("world/translation").calibration
    assert calibration is not None
    return calibration[:24]


@pytest.fixture(scope="session")
def teacher(items: Items) -> Scores:
    return taught(items)


def taught(items: Items) -> Scores:
    """A teacher that knows the true odds."""
    questions = [item for item in items if isinstance(item, Item)]
    odds = np.zeros((len(items), max(len(item.choices) for item in questions)))
    for row, item in enumerate(questions):
        odds[row, : len(item.choices)] = item.truth
    return Scores.from_probabilities(odds, [item.answer for item in questions], ids=[item.id for item in questions])
