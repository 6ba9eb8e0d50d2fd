"""Clustered items say less, and never more, than independent ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal import Scores
from pytest_llmcal.statistics.clusters import (
    INDEPENDENT,
    Effect,
    contributions,
    design_effect,
    members_of,
)

METRICS = ("accuracy", "auroc", "brier", "nll", "ece", "mce", "squared_ece")


def answers(n=200, seed=0):
    generator = np.random.default_rng(seed)
    confidence = generator.beta(5.0, 1.5, n)
    return confidence, generator.random(n) < confidence


def test_clusters_of_one_item_change_nothing_at_all():
    confidence, correct = answers()
    plain = Scores(confidence, correct)
    single = Scores(confidence, correct, clusters=[str(item) for item in range(200)])
    for metric in METRICS:
        one, other = getattr(plain, metric)(), getattr(single, metric)()
        assert (float(one), one.low, one.high, one.method) == (float(other), other.low, other.high, other.method)


@pytest.mark.parametrize("copies", [2, 5])
def test_copies_of_items_say_about_what_the_items_say(copies):
    confidence, correct = answers(300)
    plain = Scores(confidence, correct)
    names = np.repeat([str(item) for item in range(300)], copies)
    copied = Scores(np.repeat(confidence, copies), np.repeat(correct, copies), clusters=names)
    unsaid = Scores(np.repeat(confidence, copies), np.repeat(correct, copies))
    for metric in METRICS:
        one, other, wrong = (getattr(scores, metric)() for scores in (plain, copied, unsaid))
        width = one.high - one.low
        assert other.high - other.low == pytest.approx(width, rel=0.25), metric
        if metric in {"accuracy", "auroc", "brier", "nll"}:  # of a gap the noise grows as well
            assert wrong.high - wrong.low < 0.95 * (other.high - other.low), metric
        assert "300 clusters" in other.method


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_clusters_bound_nothing(count):
    confidence, correct = answers(40)
    scores = Scores(confidence, correct, clusters=[str(item % count) for item in range(40)])
    assert (scores.accuracy().low, scores.accuracy().high) == (0.0, 1.0)
    assert (scores.ece().low, scores.ece().high) == (0.0, 1.0)


def test_where_all_are_right_each_cluster_counts_as_one():
    everything_right = Scores([0.9] * 100, [1] * 100, clusters=[str(item // 10) for item in range(100)])
    alone = Scores([0.9] * 10, [1] * 10)
    assert everything_right.accuracy().low <= alone.accuracy().low


@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 5)), min_size=2, max_size=50))
def test_the_effect_is_at_least_one_and_a_mean_stays_itself(rows):
    residual, cluster = (np.array(column) for column in zip(*rows, strict=True))
    members = members_of([str(one) for one in cluster])
    effect = design_effect(residual, members, cluster % 2)
    assert effect.design >= effect.within >= 1.0
    assert contributions(residual, members).mean() == pytest.approx(residual.mean(), abs=1e-9)


def test_independent_items_have_no_effect():
    assert members_of(None) is None
    assert design_effect(np.ones(3), None) is INDEPENDENT
    assert Effect(1.0, 1_000_000).stricter(0.95) == pytest.approx(0.95, abs=1e-4)


def test_balanced_clusters_are_not_taken_for_more_than_independent_items():
    right = np.tile([1.0, 0.0], 50)
    assert design_effect(right, np.repeat(np.arange(50), 2)).design == 1.0
