import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.binning import CHUNK, uniform_bins
from pytest_llmcal.metrics.calibration_error import calibration_error, combine_gaps

NORMS = ["l1", "l2", "max"]


@st.composite
def answers(draw):
    n = draw(st.integers(1, 60))
    levels = st.one_of(st.floats(0, 1), st.sampled_from([k / 20 for k in range(21)]))
    confidence = draw(arrays.arrays(np.float64, n, elements=levels))
    return confidence, draw(arrays.arrays(np.bool_, n))


def textbook(confidence, correct, bins, norm):
    """The definition, bin by bin, with means."""
    gaps, weights = [], []
    index = uniform_bins(confidence, bins)
    for b in set(index):
        inside = index == b
        gaps.append(abs(confidence[inside].mean() - correct[inside].mean()))
        weights.append(inside.mean())
    gaps, weights = np.array(gaps), np.array(weights)
    return {"l1": (weights * gaps).sum(), "l2": np.sqrt((weights * gaps**2).sum()), "max": gaps.max()}[norm]


@pytest.mark.parametrize("norm", NORMS)
@given(answers(), st.integers(1, 30))
def test_it_is_the_textbook_definition(norm, data, bins):
    assert calibration_error(*data, bins, norm) == pytest.approx(textbook(*data, bins, norm), abs=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@given(answers(), st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(norm, data, random):
    order = list(range(len(data[0])))
    random.shuffle(order)
    shuffled = calibration_error(data[0][order], data[1][order], norm=norm)
    assert shuffled == pytest.approx(calibration_error(*data, norm=norm), abs=1e-12)


@given(answers())
def test_the_norms_are_ordered_and_within_zero_and_one(data):
    l1, l2, greatest = (calibration_error(*data, norm=norm) for norm in NORMS)
    assert -1e-12 <= l1 <= l2 + 1e-12 <= greatest + 2e-12 <= 1 + 3e-12


@given(answers(), st.integers(1, 8), st.integers(2, 5))
def test_finer_bins_never_show_less(data, bins, factor):
    assert calibration_error(*data, bins * factor) >= calibration_error(*data, bins) - 1e-12


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_perfect_step_model_has_no_error(norm, dtype):
    levels = np.repeat(np.array([0.25, 0.5, 0.75, 1.0], dtype=dtype), 4)
    right = np.array([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1])
    assert calibration_error(levels, right, norm=norm) == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_dtype_moves_no_item_to_another_bin(dtype):
    generator = np.random.default_rng(0)
    levels = generator.choice(np.arange(1, 11) / 10, 4000)
    right = generator.random(4000) < 0.8 * levels
    exact = calibration_error(levels, right, 10)
    assert calibration_error(levels.astype(dtype), right, 10) == pytest.approx(exact, abs=float(np.finfo(dtype).eps))


def test_verbalised_levels_are_binned_each_by_itself():
    generator = np.random.default_rng(3)
    levels = generator.choice(np.arange(1, 11) / 10, 4000)
    right = generator.random(4000) < np.where(levels * 10 % 2 < 1, levels - 0.1, levels * 0.7)
    by_level = [abs(level - right[levels == level].mean()) * np.mean(levels == level) for level in np.unique(levels)]
    assert calibration_error(levels, right, 10) == pytest.approx(sum(by_level), abs=1e-12)


def test_confidence_one_shares_a_bin_with_what_is_near_it():
    # torchmetrics and relplot give it a bin of its own and return 0.525
    assert calibration_error(np.array([0.95, 1.0]), np.array([1, 0])) == pytest.approx(0.475)


def test_single_precision_sums_do_not_saturate():
    # torchmetrics counts in single precision, which ends at 2^24: it returns 0.0 here
    n = 40_000_000 // 2
    confidence = np.broadcast_to(np.float32(0.5), n)
    correct = np.broadcast_to(True, n)
    assert calibration_error(confidence, correct) == pytest.approx(0.5, abs=1e-9)


def test_half_precision_input_is_summed_in_double_precision():
    assert calibration_error(np.full(70_000, 0.5, np.float16), np.ones(70_000)) == pytest.approx(0.5, abs=1e-12)


def test_chunks_change_nothing():
    generator = np.random.default_rng(1)
    confidence = generator.random(2 * CHUNK + 17)
    correct = generator.random(len(confidence)) < confidence
    gaps = np.bincount(uniform_bins(confidence), confidence - correct, minlength=15)
    assert calibration_error(confidence, correct) == pytest.approx(np.abs(gaps).sum() / len(confidence))


@given(answers(), st.integers(1, 20))
def test_bin_sums_hold_what_the_error_is_made_of(data, bins):
    sums = bin_sums(*data, bins)
    assert sums.items == len(data[0])
    for norm in NORMS:
        assert combine_gaps(sums.gap, sums.count, sums.items, norm) == pytest.approx(
            calibration_error(*data, bins, norm), abs=1e-12
        )
    assert sums.confidence.sum() == pytest.approx(data[0].sum())
    assert sums.squared_gap.sum() == pytest.approx(((data[0] - data[1]) ** 2).sum())
    assert sums.claimed_variance.sum() == pytest.approx((data[0] * (1 - data[0])).sum())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@given(answers(), st.integers(1, 20))
def test_bin_sums_in_one_pass_are_those_of_each_bin_by_itself(dtype, data, bins):
    confidence, correct = data[0].astype(dtype), data[1]
    sums, index = bin_sums(confidence, correct, bins), uniform_bins(confidence, bins)
    for b in range(bins):
        c, y = confidence[index == b].astype(np.float64), correct[index == b]
        of_bin = [len(c), c.sum(), (c - y).sum(), ((c - y) ** 2).sum(), (c * (1 - c)).sum()]
        assert [column[b] for column in vars(sums).values()] == pytest.approx(of_bin, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("sure", [1e-3, 1e-6, 1e-9])
def test_small_gaps_of_a_sure_model_keep_their_digits(sure):
    n = 3 * CHUNK
    confidence = np.full(n, 1.0 - sure)
    sums = bin_sums(confidence, np.ones(n, dtype=bool))
    unsure = 1.0 - confidence[0]
    assert sums.gap[-1] == pytest.approx(-n * unsure, rel=1e-12)
    assert sums.squared_gap[-1] == pytest.approx(n * unsure**2, rel=1e-12)
    assert sums.claimed_variance[-1] == pytest.approx(n * unsure * confidence[0], rel=1e-12)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_a_variance_is_never_below_zero(right):
    confidence = np.random.default_rng(0).choice([0.0, 1e-17, 1e-12, 1.0 - 1e-12, 1.0], 1000)
    sums = bin_sums(confidence, np.full(1000, right))
    assert (sums.claimed_variance >= 0.0).all()
    assert bin_sums(np.ones(10), np.full(10, right)).claimed_variance.tolist() == [0.0] * 15


def test_an_unknown_norm_is_refused():
    with pytest.raises(ValueError, match="norm must be 'l1', 'l2' or 'max', got 'l3'"):
        calibration_error(np.array([0.5]), np.array([1]), norm="l3")


@pytest.mark.parametrize(
    ("draw", "share"),
    [
        (lambda generator: generator.uniform(0.2, 1.0, 200), 0.97),
        (lambda generator: generator.beta(5.0, 1.5, 200), 0.87),  # peaked near one: less noise in each bin
    ],
)
def test_a_perfect_model_fails_a_bare_limit_of_five_percent_in_most_runs_of_200_items(draw, share):
    generator = np.random.default_rng(0)
    exceeded = []
    for _ in range(1000):
        confidence = draw(generator)
        exceeded.append(calibration_error(confidence, generator.random(200) < confidence, bins=15) >= 0.05)
    # Three Monte Carlo errors.
    assert np.mean(exceeded) == pytest.approx(share, abs=3 * np.sqrt(share * (1 - share) / 1000))
