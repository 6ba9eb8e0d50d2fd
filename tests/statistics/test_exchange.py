"""The exchange test: exact between models that nothing tells apart, and sharp where ECE rose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from pytest_llmcal.metrics.binning import uniform_edges
from pytest_llmcal.statistics.error_difference import Gaps
from pytest_llmcal.statistics.exchange import DRAWS, Exchange, exchange_test

BINS = 15
Array = npt.NDArray[np.float64]


def gaps(confidence: Array, right: npt.NDArray[np.bool_]) -> Gaps:
    place = np.searchsorted(uniform_edges(BINS)[1:], confidence)
    return Gaps(place, confidence - right, confidence * (1.0 - confidence))


def answers(logits: Array, labels: npt.NDArray[np.intp]) -> Gaps:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    return gaps(odds.max(axis=1), odds.argmax(axis=1) == labels)


def drawn(random: np.random.Generator, n: int, spread: float = 2.5) -> tuple[Array, npt.NDArray[np.intp]]:
    logits = random.normal(0.0, spread, (n, 4))
    return logits, (logits + random.gumbel(0.0, 1.0, logits.shape)).argmax(axis=1)


def plain_statistic(this: Gaps, baseline: Gaps) -> float:
    """The statistic again, item by item as the module's formula says."""
    n = len(this.gap)
    sums = [np.bincount(one.bin, one.gap, BINS) for one in (this, baseline)]
    floors = [np.sqrt(2 / np.pi * np.bincount(one.bin, one.claimed_variance, BINS)).sum() for one in (this, baseline)]
    signs = [np.sign(total)[one.bin] for total, one in zip(sums, (this, baseline), strict=True)]
    error = (signs[0] * this.gap - signs[1] * baseline.gap).std() / np.sqrt(n)
    change = (np.abs(sums[0]).sum() - np.abs(sums[1]).sum() - floors[0] + floors[1]) / n
    return float(change / error)


def swapped(this: Gaps, baseline: Gaps, flips: npt.NDArray[np.bool_]) -> tuple[Gaps, Gaps]:
    pairs = [(np.where(flips, b, a), np.where(flips, a, b)) for a, b in zip(this, baseline, strict=True)]
    first, second = zip(*pairs, strict=True)
    return Gaps(*first), Gaps(*second)


def test_it_is_the_share_of_all_swaps_that_go_as_far() -> None:
    random = np.random.default_rng(1)
    logits, labels = drawn(random, 10)
    this, baseline = answers(1.6 * logits, labels), answers(logits + random.normal(0, 0.5, logits.shape), labels)
    measured = plain_statistic(this, baseline)
    every = (np.arange(2**10)[:, None] >> np.arange(10)) & 1
    exact = np.mean([plain_statistic(*swapped(this, baseline, row == 1)) >= measured - 1e-9 for row in every])
    found = exchange_test(this, baseline, BINS, draws=20000)
    assert found.worse == pytest.approx(exact, abs=0.2 * exact + 0.01)


def test_equal_answers_say_nothing_either_way() -> None:
    one = answers(*drawn(np.random.default_rng(2), 500))
    assert exchange_test(one, one, BINS) == Exchange(1.0, 1.0)


def test_rounding_of_equal_answers_says_nothing_either_way() -> None:
    one = answers(*drawn(np.random.default_rng(2), 500))
    other = one._replace(gap=one.gap + 1e-15)
    assert exchange_test(one, other, BINS) == Exchange(1.0, 1.0)


def test_the_two_directions_are_each_other_s_mirror() -> None:
    logits, labels = drawn(np.random.default_rng(3), 800)
    this, baseline = answers(1.5 * logits, labels), answers(logits, labels)
    there, back = exchange_test(this, baseline, BINS), exchange_test(baseline, this, BINS)
    assert there.worse == pytest.approx(back.better, abs=0.02)
    assert there.worse < 0.01


def test_the_same_draws_give_the_same_p_values() -> None:
    logits, labels = drawn(np.random.default_rng(4), 300)
    this, baseline = answers(1.1 * logits, labels), answers(logits, labels)
    assert exchange_test(this, baseline, BINS, seed=5) == exchange_test(this, baseline, BINS, seed=5)


def test_copies_of_items_in_one_cluster_count_as_one() -> None:
    random, right = np.random.default_rng(0), np.arange(60) % 10 < 7
    said = [middle + random.normal(0, 0.1, 60) for middle in (0.72, 0.7)]

    def of(copies: int) -> list[Gaps]:
        parts = [(np.zeros(60, np.intp), c - right, c * (1 - c)) for c in said]
        return [Gaps(*(np.repeat(part, copies) for part in one)) for one in parts]

    alone = exchange_test(*of(1), 1)
    together = exchange_test(*of(10), 1, members=np.repeat(np.arange(60), 10))
    assert together.worse == pytest.approx(alone.worse, abs=0.03)
    assert exchange_test(*of(10), 1).worse < 0.01 < together.worse


@pytest.mark.slow
@pytest.mark.parametrize("boldness", [1.0, 1.3], ids=["calibrated", "too sure"])
def test_between_models_that_nothing_tells_apart_it_errs_at_its_level(boldness: float) -> None:
    random, runs = np.random.default_rng(7), 300
    wrong = 0
    for _ in range(runs):
        logits, labels = drawn(random, 1000)
        pair = [answers(boldness * (logits + random.normal(0, 0.3, logits.shape)), labels) for _ in range(2)]
        wrong += exchange_test(*pair, BINS, draws=250).worse <= 0.025
    assert wrong <= 17  # 7.5 expected; more than 17 in 1 of 1000 draws of a binomial


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "share"), [(1.15, 1.343, 0.95), (1.0, 1.153, 0.4)], ids=["0.03 to 0.06", "0 to 0.03"]
)
def test_a_rise_by_three_hundredths_at_two_thousand_items_is_seen(before: float, after: float, share: float) -> None:
    random, runs = np.random.default_rng(8), 40
    seen = 0
    for _ in range(runs):
        logits, labels = drawn(random, 2000)
        pair = answers(after * logits, labels), answers(before * logits, labels)
        seen += exchange_test(*pair, BINS, draws=500).worse <= 0.025
    assert seen >= share * runs


def test_no_p_value_is_zero() -> None:
    logits, labels = drawn(np.random.default_rng(9), 500)
    found = exchange_test(answers(4.0 * logits, labels), answers(logits, labels), BINS)
    assert found.worse == 1 / (DRAWS + 1)
