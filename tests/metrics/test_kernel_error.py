import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.kernel_error import LEAST_BANDWIDTH, block_means, skce, skce_terms

rows = st.lists(st.tuples(st.sampled_from([k / 20 for k in range(21)]), st.booleans()), min_size=2, max_size=30)
bandwidths = st.floats(LEAST_BANDWIDTH, 5.0)


def arrays(rows):
    confidence, correct = zip(*rows, strict=True)
    return np.array(confidence, dtype=float), np.array(correct)


def terms_by_pairs(confidence, correct, bandwidth):
    n, gap = len(confidence), confidence - correct
    return [
        sum(math.exp(-abs(confidence[i] - confidence[j]) / bandwidth) * gap[i] * gap[j] for j in range(n) if j != i)
        / (n - 1)
        for i in range(n)
    ]


@given(rows, bandwidths)
def test_one_sort_gives_what_all_pairs_give(rows, bandwidth):
    confidence, correct = arrays(rows)
    by_pairs = terms_by_pairs(confidence, correct, bandwidth)
    assert skce_terms(confidence, correct, bandwidth) == pytest.approx(by_pairs, abs=1e-12)
    assert skce(confidence, correct, bandwidth) == pytest.approx(np.mean(by_pairs), abs=1e-12)


@given(rows, st.integers(0, 100))
def test_the_order_of_the_items_changes_nothing(rows, seed):
    confidence, correct = arrays(rows)
    order = np.random.default_rng(seed).permutation(len(rows))
    assert skce(confidence[order], correct[order]) == pytest.approx(skce(confidence, correct), abs=1e-12)


def test_it_has_no_bias_for_a_perfect_model():
    generator = np.random.default_rng(0)
    confidence = generator.random((4000, 10))
    found = [skce(c, generator.random(10) < c) for c in confidence]
    assert np.mean(found) == pytest.approx(0.0, abs=4 * np.std(found) / np.sqrt(len(found)))
    assert min(found) < 0.0


def test_the_mean_over_blocks_is_about_the_same_number():
    generator = np.random.default_rng(0)
    confidence = generator.random(20_000)
    correct = generator.random(20_000) < confidence**2
    blocks = block_means(confidence, correct, 2)
    assert len(blocks) == 10_000
    error = blocks.std() / 100.0
    assert blocks.mean() == pytest.approx(skce(confidence, correct), abs=4 * error)


def test_one_block_of_all_is_the_whole():
    confidence, correct = np.array([0.2, 0.5, 0.9]), np.array([1, 0, 1])
    assert block_means(confidence, correct, 3).tolist() == [skce(confidence, correct)]


@pytest.mark.parametrize("size", [0, 1, 4])
def test_a_block_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match="a block has 2 to 3 items"):
        block_means(np.full(3, 0.5), np.ones(3), size)


def test_one_item_has_no_pair():
    with pytest.raises(ValueError, match="one item only"):
        skce(np.array([0.5]), np.array([1]))
