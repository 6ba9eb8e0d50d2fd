import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.statistics.conformal import conformal_threshold


@given(st.integers(1, 200), st.integers(1, 99))
def test_it_is_the_score_of_the_rank_that_the_promise_asks_for(n, percent):
    rank = math.ceil(Fraction(percent, 100) * (n + 1))
    strangeness = np.random.default_rng(n).permutation(np.arange(1.0, n + 1))
    assert conformal_threshold(strangeness, percent / 100) == (rank if rank <= n else math.inf)


def test_published_ranks():
    """Nine items are the fewest for 90%, and 19 for 95%: the greatest of them."""
    for n, coverage in [(9, 0.9), (19, 0.95), (99, 0.99)]:
        assert conformal_threshold(np.arange(float(n)), coverage) == n - 1
        assert conformal_threshold(np.arange(float(n - 1)), coverage) == math.inf


@given(st.integers(1, 60), st.floats(0.05, 0.95), st.integers(1, 4))
def test_clusters_of_one_item_or_of_copies_count_as_clusters(n, coverage, copies):
    strangeness = np.random.default_rng(n).random(n)
    plain = conformal_threshold(strangeness, coverage)
    assert conformal_threshold(np.repeat(strangeness, copies), coverage, np.repeat(np.arange(n), copies)) == plain


def test_each_cluster_weighs_the_same_whatever_its_size():
    """Of four clusters and the unknown one, each weighs a fifth; the large one is strange."""
    strangeness, members = np.array([1.0, 2.0, 3.0] + [9.0] * 50), np.array([0, 1, 2] + [3] * 50)
    assert conformal_threshold(strangeness, 0.6, members) == 3.0
    assert conformal_threshold(strangeness, 0.79, members) == 9.0
    assert conformal_threshold(strangeness, 0.81, members) == math.inf


@pytest.mark.parametrize("coverage", [0.1, 0.5, 0.9])
def test_a_new_item_of_a_new_cluster_is_covered(coverage):
    generator, covered = np.random.default_rng(0), []
    for _ in range(2000):
        size = generator.integers(1, 12, 31)
        members = np.repeat(np.arange(31), size)
        strangeness = generator.normal(size=31)[members] + 0.3 * generator.normal(size=len(members))
        old, new = members < 30, np.flatnonzero(members == 30)
        covered.append(
            strangeness[generator.choice(new)] <= conformal_threshold(strangeness[old], coverage, members[old])
        )
    assert coverage - 0.035 <= np.mean(covered) <= coverage + 1 / 31 + 0.035
