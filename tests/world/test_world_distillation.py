"""The overfit model passes the gates that it failed, once it is distilled from a model that read more."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.stats import binomtest

from pytest_llmcal import Scores, load_model, load_task
from pytest_llmcal.calibrators.distillation import distill
from pytest_llmcal.scoring import score
from pytest_llmcal.tasks import Items

TASKS = ("world/completion", "world/dialogue")
"""Short answers, and whole sentences."""

MINUTES = 3

Made = tuple[dict[str, Scores], dict[str, Scores], float]


def answers(folder: str | Path, items: Callable[[str], Items]) -> dict[str, Scores]:
    model = load_model(folder, device="cpu")
    return {name: score(model, items(name), progress=False) for name in TASKS}


def calibration_items(name: str) -> Items:
    calibration = load_task(name).calibration
    assert calibration is not None
    return calibration


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Scores of the student before and after, and the seconds of the processor that lie between."""
    taught = answers("world/gpt2", calibration_items)
    begin = time.process_time()
    folder = distill(
        load_model("world/gpt2-overfit", device="cpu"),
        [load_task(name) for name in TASKS],
        list(taught.values()),
        output=tmp_path_factory.mktemp("made") / "student",
        epochs=3,
        learning_rate=2e-3,
        lora=False,
    )
    seconds = time.process_time() - begin
    return (
        answers("world/gpt2-overfit", lambda name: load_task(name).test),
        answers(folder, lambda name: load_task(name).test),
        seconds,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_the_student_passes_the_gate_that_it_failed(name: str, made: Made) -> None:
    before, after, _ = made
    assert before[name].ece().below(0.05).status == "refuted"
    assert after[name].ece().below(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_item_by_item_the_student_is_more_often_right_than_before(name: str, made: Made) -> None:
    before, after, _ = made
    assert before[name].ids == after[name].ids
    won = int((after[name].correct & ~before[name].correct).sum())
    lost = int((before[name].correct & ~after[name].correct).sum())
    assert binomtest(won, won + lost).proportion_ci(0.95).low > 0.5


@pytest.mark.slow
def test_the_training_of_the_student_takes_less_than_three_minutes(made: Made) -> None:
    assert made[2] < MINUTES * 60
