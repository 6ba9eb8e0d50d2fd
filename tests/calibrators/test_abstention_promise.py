"""How often the true error rate of what is answered exceeds the risk: in at most delta of fits."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.abstention import certified, just_too_risky, naive, rates
from benchmarks.ece_interval import SHAPES
from pytest_llmcal import Scores
from pytest_llmcal.calibrators import Abstention


def most(delta, draws):
    """Return, in percent, three standard errors above delta."""
    return 100.0 * (delta + 3.0 * np.sqrt(delta * (1.0 - delta) / draws))


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 500, 2000])
@pytest.mark.parametrize(
    "name", ["perfect", "odds to the power 2", "underconfident 0.10", "perfect, five levels", "sine wave", "step"]
)
def test_the_risk_is_exceeded_in_at_most_delta_of_fits(name, n):
    (found,) = rates(SHAPES[name], n, {"ours": certified(0.2, 0.1)}, 0.2, draws=500)
    assert found.broken <= most(0.1, 500)


@pytest.mark.parametrize("name", just_too_risky(0.2))
def test_a_model_that_is_a_hair_too_risky_everywhere_seldom_gets_through(name):
    shape = just_too_risky(0.2)[name]
    rules = {"certified": certified(0.2, 0.1), "looks good": naive(0.2)}
    ours, other = rates(shape, 500, rules, 0.2, draws=200)
    assert ours.broken <= most(0.1, 200)
    assert other.broken > 50.0


def test_a_good_model_gets_through():
    (found,) = rates(SHAPES["odds to the power 2"], 2000, {"ours": certified(0.1, 0.1)}, 0.1, draws=20)
    assert found.coverage > 70.0


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 10])
def test_items_that_are_right_and_wrong_together_do_not_break_the_promise(size):
    """Half of a cluster's items share one answer; everything is a hair too risky."""
    generator, broken = np.random.default_rng(size), 0
    for _ in range(500):
        clusters = np.repeat(np.arange(100), size)
        shared = generator.random(100)[clusters]
        draw = np.where(generator.random(len(clusters)) < 0.5, shared, generator.random(len(clusters)))
        scores = Scores(generator.random(len(clusters)), draw > 0.201, clusters=[str(name) for name in clusters])
        broken += Abstention(0.2, 0.1).fit(scores).threshold <= 1.0
    assert 100.0 * broken / 500 <= most(0.1, 500)
