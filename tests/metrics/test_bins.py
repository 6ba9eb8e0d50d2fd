"""Bins of every kind: ties together, no row order, found by themselves where confidences are few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.bins import BINNINGS, make_bins
from pytest_llmcal.metrics.calibration_error import calibration_error

answers = st.lists(
    st.tuples(st.one_of(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]), st.floats(0, 1)), st.booleans()),
    min_size=1,
    max_size=60,
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


@pytest.mark.parametrize("binning", BINNINGS)
@given(answers, st.integers(1, 20), st.randoms(use_true_random=False))
def test_every_item_has_a_bin_whatever_the_order_of_the_items(binning, data, count, random):
    confidence, correct = data
    bins = make_bins(confidence, correct, count, binning)
    index = bins.of(confidence)
    assert index.min() >= 0
    assert index.max() < len(bins)
    assert (confidence <= bins.upper[index]).all()
    assert ((confidence > bins.lower[index]) | (index == 0)).all()
    order = list(range(len(confidence)))
    random.shuffle(order)
    again = make_bins(confidence[order], correct[order], count, binning)
    assert np.array_equal(again.upper, bins.upper)


@pytest.mark.parametrize("binning", ["equal-mass", "unique", "sweep"])
@given(answers, st.integers(1, 20))
def test_bins_that_the_data_make_are_never_empty(binning, data, count):
    bins = make_bins(*data, count, binning)
    assert set(bins.of(data[0])) == set(range(len(bins)))


@given(answers)
def test_a_sweep_ends_before_accuracies_fall(data):
    confidence, correct = data
    sums = bin_sums(confidence, correct, make_bins(confidence, correct, binning="sweep"))
    accuracy = (sums.confidence - sums.gap) / sums.count
    assert (np.diff(accuracy) >= -1e-9).all()


def test_a_sweep_takes_the_most_bins_of_equal_mass_up_to_which_accuracies_rise():
    confidence = np.arange(1, 13) / 20
    correct = np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1])
    # six bins: 0, 1/2, 1/2, 1/2, 1/2, 1; with seven they fall
    assert len(make_bins(confidence, correct, binning="sweep")) == 6


@pytest.mark.parametrize(
    ("levels", "items", "kind"),
    [(11, 200, "unique"), (30, 200, "unique"), (31, 200, "uniform"), (11, 43, "uniform"), (11, 44, "unique")],
)
def test_few_levels_with_four_items_each_are_bins_by_themselves(levels, items, kind):
    confidence = np.resize(np.linspace(0.0, 1.0, levels), items)
    assert make_bins(confidence, confidence, 15, "auto").kind == kind


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_verbalised_confidences_have_their_exact_error_in_every_dtype(dtype):
    # other libraries give 0.129 to 0.2096 for the same answers, by dtype and convention of the edges
    generator = np.random.default_rng(2)
    confidence = generator.integers(1, 11, 4000) / 10
    correct = generator.random(4000) < np.where(np.round(10 * confidence) % 2, confidence - 0.1, confidence * 0.7)
    exact = sum(abs((confidence - correct)[confidence == level].sum()) for level in np.unique(confidence)) / 4000
    rounded = confidence.astype(dtype)
    error = calibration_error(rounded, correct, make_bins(rounded, correct))
    assert error == pytest.approx(exact, abs=1e-3 if dtype == "float16" else 1e-6)


def test_levels_that_come_late_are_seen():
    confidence = np.concatenate([np.full(5000, 0.5), np.linspace(0.0, 1.0, 5000)])
    assert make_bins(confidence, confidence).kind == "uniform"


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="binning must be one of auto, uniform, equal-mass, unique, sweep, got 'mass'"):
        make_bins(np.array([0.5]), np.array([1]), 15, "mass")
