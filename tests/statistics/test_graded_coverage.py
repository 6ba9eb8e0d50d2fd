"""Intervals and the test of calibration keep their promise where correctness is graded."""

from __future__ import annotations

import pytest

from benchmarks.graded_coverage import MODELS, misses

CHEAP = ("accuracy", "nll", "ece", "mce", "aurc")


@pytest.mark.parametrize("name", ["perfect, overlap", "overconfident, beta 3", "perfect above .99, beta 1"])
def test_the_ends_of_intervals_err_as_seldom_as_they_say(name: str) -> None:
    found = misses(name, 200, metrics=("accuracy", "ece"), draws=60)
    for low, high in found.missed.values():
        assert max(low, high) <= 10.0  # 2.5 promised; six of 60 come by chance once in a thousand times


@pytest.mark.slow
@pytest.mark.parametrize("name", list(MODELS)[::3])
def test_so_they_do_for_every_cheap_metric(name: str) -> None:
    for metric, (low, high) in misses(name, 500, metrics=CHEAP, draws=100, seed=1).missed.items():
        assert max(low, high) <= 8.0, metric


@pytest.mark.slow
def test_a_perfect_model_is_refuted_as_seldom_as_is_asked_for() -> None:
    refuted = misses("perfect, thirds", 300, metrics=(), draws=60, tested=True).refuted
    assert refuted is not None
    assert refuted <= 15.0  # 5 promised
