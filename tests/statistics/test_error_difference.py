"""The paired interval of the difference of two L1 errors, alone and at its full level."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.paired_coverage import PAIRS, truth_of
from pytest_llmcal.metrics.binning import uniform_bins
from pytest_llmcal.statistics.error_difference import Gaps, paired_l1_interval


def gaps(confidence: np.ndarray, correct: np.ndarray) -> Gaps:
    return Gaps(uniform_bins(confidence, 15), confidence - correct, confidence * (1.0 - confidence))


def drawn(pair: str, n: int, generator: np.random.Generator) -> tuple[Gaps, Gaps]:
    here, there = PAIRS[pair].scores(generator, n)
    return gaps(here.confidence, here.correct), gaps(there.confidence, there.correct)


@pytest.mark.parametrize("pair", PAIRS)
def test_each_end_errs_rarely(pair: str) -> None:
    generator, truth = np.random.default_rng(len(pair)), truth_of("ece", pair)
    for n in (100, 1000):
        ends = np.array([paired_l1_interval(*drawn(pair, n, generator), 15, 0.95) for _ in range(150)])
        # 2.5% promised; 150 draws show more than 7.5% by chance about once in 2,000
        assert np.mean(ends[:, 0] > truth + 2e-4) <= 0.075
        assert np.mean(ends[:, 1] < truth - 2e-4) <= 0.075


def test_exchanging_the_models_turns_the_interval() -> None:
    here, there = drawn("step and sine", 300, np.random.default_rng(0))
    low, high = paired_l1_interval(here, there, 15, 0.9)
    assert paired_l1_interval(there, here, 15, 0.9) == pytest.approx((-high, -low))


def test_of_one_model_twice_only_what_was_not_seen_is_open() -> None:
    generator = np.random.default_rng(0)
    same, _ = drawn("both perfect", 500, generator)
    low, high = paired_l1_interval(same, same, 15, 0.95)
    unseen = 1.0 - (0.9 * 0.025) ** (1 / 500)
    assert (low, high) == pytest.approx((-2.0 * unseen, 2.0 * unseen))


def test_where_all_gaps_are_clear_it_is_that_of_the_mean_of_the_items_differences() -> None:
    generator = np.random.default_rng(0)
    here, there = drawn("noised by 0.02, overconfident 0.10", 50_000, generator)
    steps = here.gap - there.gap
    error = steps.std() / np.sqrt(50_000)
    low, high = paired_l1_interval(here, there, 15, 0.95)
    assert high - low < 4.0 * 2.0 * 1.96 * error
    assert abs((high + low) / 2.0 - steps.mean()) < 4.0 * error
