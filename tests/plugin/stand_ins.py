"""Models and tasks for runs inside tests: real in kind, tiny in size, without torch.

Copied beside the test files of such a run; its two hooks answer for every name.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scoring.protocol import LogLikelihood
from pytest_llmcal.tasks import Item, Items, Task

EVENTS = Path("events.txt").absolute()


def note(event: str) -> None:
    with EVENTS.open("a", encoding="utf-8") as file:
        file.write(f"{event}\n")


class TableModel:
    """Knows the odds of every coin. A name with "bold" in it doubles their logarithms: overconfident."""

    def __init__(self, name: str) -> None:
        if "broken" in name:
            note(f"TRY {name}")
            raise OSError(f"no weights in {name}")
        self.facts = ModelFacts(name=name, revision=f"revision of {name}", dtype="float64", device="cpu", parameters=2)
        self._boldness = 2.0 if "bold" in name else 1.0
        note(f"LOAD {name}")

    def log_likelihoods(self, requests, progress=None):
        note(f"SCORE {len(requests)}")
        answers = []
        for request in requests:
            odds = float(request.context.split()[1])
            probability = odds if request.continuation == " heads" else 1 - odds
            answers.append(LogLikelihood(self._boldness * math.log(probability), 1))
            if progress:
                progress(len(answers), len(requests))
        return answers

    def next_tokens(self, texts, progress=None):
        raise NotImplementedError("coins continue no text")

    def close(self) -> None:
        note(f"FREE {self.facts.name}")


def coins(task: str, split: str, count: int) -> Items:
    draw = random.Random(f"{task} {split}")
    items = []
    for number in range(count):
        odds = draw.choice([0.6, 0.7, 0.8, 0.9])
        items.append(
            Item(
                id=f"{split}-{number}",
                prompt=f"Coin {odds} shows",
                choices=(" heads", " tails"),
                answer=0 if draw.random() < odds else 1,
                groups={"metal": draw.choice(["gold", "iron"])},
                truth=(odds, 1 - odds),
            )
        )
    return Items(task, split, tuple(items))


def pytest_llmcal_load_model(name):
    return TableModel(name)


def pytest_llmcal_load_task(name):
    if "broken" in name:
        note(f"TRY {name}")
        raise OSError(f"no rows in {name}")
    note(f"READ {name}")
    calibration = None if "bare" in name else coins(name, "calibration", 300)
    return Task(name, calibration, coins(name, "test", 1500), source="stand_ins.py")
