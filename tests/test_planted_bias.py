"""A model of the world that is biased against one group only is found, and one that is not stays unfound."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.groups import (
    PLANTED,
    TASK,
    Draw,
    answers_drawn,
    exact_errors,
    judged,
    perfect,
    planted,
)
from pytest_llmcal import load_model, load_task
from pytest_llmcal.scoring import score

FACTOR = 2.5  # of the logits of the planted group's items
DRAWS = 200


def shares(draws: list[Draw], of: str) -> np.ndarray:
    return np.mean([getattr(draw, of)() for draw in draws], axis=0)


def test_a_bias_planted_in_a_perfect_model_is_found_and_without_it_nothing_is() -> None:
    items = load_task(TASK).test
    answers = answers_drawn(items, 12)
    good = perfect(items)
    assert exact_errors(good) == pytest.approx([0.0, 0.0, 0.0])
    assert shares([judged(planted(good, FACTOR), each) for each in answers], "found").tolist() == [1.0, 1.0, 1.0]
    # At rates of 2.5%, 2.5% and 5% more than three of twelve come up in fewer than one in five hundred.
    assert shares([judged(good, each) for each in answers], "refuted").max() <= 3 / 12


@pytest.mark.slow
def test_gate_and_audit_find_the_biased_network_in_95_of_100_draws_and_the_fair_one_at_the_stated_rate() -> None:
    items = load_task(TASK).test
    answers = answers_drawn(items, DRAWS)
    fair = score(load_model("world/gpt2"), items)
    biased = planted(fair, FACTOR)
    [bad, *others] = exact_errors(biased)
    assert bad > 0.15  # the coast
    assert max(others) < 0.02
    assert PLANTED in biased.by_group("region")
    assert shares([judged(biased, each) for each in answers], "found").min() >= 0.95
    stated = np.array([0.025, 0.025, 0.05])
    noise = 3.0 * np.sqrt(stated * (1.0 - stated) / DRAWS)
    assert (shares([judged(fair, each) for each in answers], "refuted") <= stated + noise).all()
