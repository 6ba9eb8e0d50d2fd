import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ece_interval import SHAPES, rates
from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import combine_gaps
from pytest_llmcal.statistics.calibration_error_interval import best_guess, l1_interval, l2_interval
from pytest_llmcal.statistics.sign_witness import lower_end
from pytest_llmcal.statistics.squared_error import unbiased_estimate

INTERVALS = [l1_interval, l2_interval]
rows = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50)


def sums_of(confidence, correct):
    return bin_sums(np.asarray(confidence, dtype=float), np.asarray(correct))


# 400 draws: a rate of 2.5% shows as more than 5% once in 2,000 tests.
CELLS = [
    ("perfect", 200),
    ("perfect, above 0.99", 500),
    ("overconfident 0.10", 500),
    ("underconfident 0.05", 100),
    ("step", 1000),
    ("five levels", 200),
    ("above 0.99, really 0.97", 100),
    ("rare and wrong", 100),
    ("rare and wrong", 500),
    ("very rare, wrong and sure", 500),
    ("always wrong, rarely surer", 200),
]


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize(("shape", "n"), CELLS)
def test_each_end_errs_as_rarely_as_it_says(shape, n, norm):
    measured = rates(SHAPES[shape], n, norm=norm, draws=400)
    assert measured.below_low <= 5.0
    assert measured.above_high <= 5.0


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_many_bins_of_few_items_do_not_add_up_to_a_bias(norm):
    measured = rates(SHAPES["too sure in every other bin"], 500, norm=norm, bins=60, draws=400)
    assert measured.below_low <= 5.0
    assert measured.above_high <= 5.0


def test_unseen_items_may_hide_an_l2_error_of_the_root_of_their_share():
    n = 200
    calibrated = sums_of(np.full(n, 0.99), np.arange(n) >= 2)
    unseen = 1.0 - 0.025 ** (1.0 / n)  # with probability 0.025 a share as large as this stays unseen
    assert l2_interval(calibrated, 0.95).high >= np.sqrt(unseen)


def test_it_decides_where_there_is_something_to_decide():
    assert rates(SHAPES["perfect"], 2000, draws=200).holds > 75
    assert rates(SHAPES["overconfident 0.10"], 1000, draws=200).refutes > 85
    assert rates(SHAPES["five levels"], 5000, draws=200).refutes > 35
    assert rates(SHAPES["perfect"], 5000, norm="l2", draws=200).holds > 90


@pytest.mark.parametrize("interval", INTERVALS)
@given(rows, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_ends_are_ordered_and_within_zero_and_one(interval, data, level):
    low, high = interval(sums_of(*zip(*data, strict=True)), level)
    assert 0.0 <= low <= high <= 1.0


@pytest.mark.parametrize("interval", INTERVALS)
@given(rows)
def test_more_confidence_never_narrows(interval, data):
    sums = sums_of(*zip(*data, strict=True))
    (low, high), (lower, higher) = interval(sums, 0.9), interval(sums, 0.99)
    assert lower <= low + 1e-9
    assert higher >= high - 1e-9


@pytest.mark.parametrize("interval", INTERVALS)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(interval, data, random):
    shuffled = random.sample(data, len(data))
    once, again = (interval(sums_of(*zip(*some, strict=True)), 0.95) for some in (data, shuffled))
    assert once == pytest.approx(again, abs=1e-7)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("right", [0, 1])
def test_one_item_bounds_nothing(interval, right):
    assert interval(sums_of([0.7], [right]), 0.95) == (0.0, 1.0)
    assert interval(sums_of([0.2], [right]), 0.95) == (0.0, 1.0)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("n", [10, 50, 200])
def test_all_right_at_high_confidence_leaves_room_for_what_was_not_seen(interval, n):
    low, high = interval(sums_of(np.full(n, 0.99), np.ones(n)), 0.95)
    lowest_accuracy_not_excluded = 0.025 ** (1 / n)
    assert low == 0.0
    assert high >= 0.99 - lowest_accuracy_not_excluded


def test_fifty_right_answers_at_99_percent_do_not_hold_a_limit_of_three_in_fifty():
    assert l1_interval(sums_of(np.full(50, 0.99), np.ones(50)), 0.95).high > 3 / 50


@pytest.mark.parametrize("interval", INTERVALS)
def test_all_wrong_at_high_confidence_is_seen(interval):
    low, high = interval(sums_of(np.full(100, 0.9), np.zeros(100)), 0.95)
    assert 0.8 < low <= 0.9 <= high


def test_bins_of_one_item_add_all_that_their_gap_may_be():
    crowd = np.full(1000, 0.5), np.arange(1000) % 2
    alone = np.append(crowd[0], 0.95), np.append(crowd[1], 1)
    added = l1_interval(sums_of(*alone), 0.95).high - l1_interval(sums_of(*crowd), 0.95).high
    assert added == pytest.approx(0.95 / 1001, abs=1e-4)


def test_errors_that_cancel_on_average_are_witnessed_bin_by_bin():
    confidence = np.repeat([0.5, 0.9], 400)
    correct = np.concatenate([np.arange(400) < 280, np.arange(400) < 280])  # 0.7 in both: gaps -0.2 and 0.2
    assert abs(np.mean(confidence - correct)) < 1e-9
    assert 0.1 < lower_end(sums_of(confidence, correct), 0.025) < 0.2


def test_the_unbiased_estimate_averages_to_the_truth():
    generator = np.random.default_rng(0)
    confidence = generator.random(300)
    estimates = [unbiased_estimate(sums_of(confidence, generator.random(300) < confidence)) for _ in range(2000)]
    assert np.mean(estimates) == pytest.approx(0.0, abs=3 * np.std(estimates) / np.sqrt(2000))


@given(rows)
def test_the_best_guess_is_at_most_the_estimate(data):
    sums = sums_of(*zip(*data, strict=True))
    estimate = combine_gaps(sums.gap, sums.count, sums.items)
    guess = best_guess(sums, estimate)
    if (sums.count > 1).any():
        assert 0.0 <= guess <= estimate
    else:
        assert guess is None


def test_no_sample_shows_that_there_is_no_error_at_all() -> None:
    generator = np.random.default_rng(4)
    for _ in range(300):
        confidence = generator.beta(5.0, 1.5, 2000)
        for level in (0.9, 0.95, 0.99):
            assert l1_interval(bin_sums(confidence, generator.random(2000) < confidence), level).high > 0.002
