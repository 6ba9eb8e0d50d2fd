"""Each statistic is what its paper says, and each law is that of tables."""

import numpy as np
import pytest
from shapes import answers

from pytest_llmcal import Scores
from pytest_llmcal.statistics.calibration_tests.brownian import exceeds_in_absolute_value, exceeds_in_range
from pytest_llmcal.statistics.calibration_tests.hosmer_lemeshow import hosmer_lemeshow
from pytest_llmcal.statistics.calibration_tests.kernel import squared_kernel_error
from pytest_llmcal.statistics.calibration_tests.registry import TESTS
from pytest_llmcal.statistics.calibration_tests.t_cal import t_cal
from pytest_llmcal.statistics.calibration_tests.testing import examine


@pytest.fixture(params=["spread", "ties"])
def data(request):
    confidence, correct = answers(request.param, 200, 5, lambda c: c - 0.1)
    order = np.argsort(confidence)
    return confidence[order], (confidence - correct)[order]


def one(test, residual):
    return float(test.of(residual[None, :])[0])


def test_the_error_is_that_of_scores(data):
    confidence, residual = data
    assert one(TESTS["ece"](confidence), residual) == pytest.approx(float(Scores(confidence, residual < 0).ece()))


def test_spiegelhalter_is_the_difference_of_the_brier_score_from_what_it_should_be(data):
    confidence, residual = data
    spread = np.sqrt(((1 - 2 * confidence) ** 2 * confidence * (1 - confidence)).sum())
    difference = (residual**2).sum() - (confidence * (1 - confidence)).sum()
    assert one(TESTS["spiegelhalter"](confidence), residual) == pytest.approx(abs(difference) / spread)


def test_the_kernel_error_is_the_mean_over_all_pairs(data):
    confidence, residual = data
    distance = np.abs(confidence[:, None] - confidence)
    levels = np.unique(confidence)
    width = np.median(np.abs(levels[:, None] - levels)[np.triu_indices(len(levels), 1)])
    pairs = np.exp(-distance / width) * residual[:, None] * residual
    expected = (pairs.sum() - np.trace(pairs)) / (len(residual) * (len(residual) - 1))
    assert one(squared_kernel_error(confidence), residual) == pytest.approx(expected)


def test_the_kernel_error_of_many_confidences_is_hardly_moved_by_grouping_them(monkeypatch):
    confidence, correct = answers("spread", 1500, 2, lambda c: c - 0.1)
    order = np.argsort(confidence)
    confidence, residual = confidence[order], (confidence - correct)[order]
    grouped = one(squared_kernel_error(confidence), residual)
    monkeypatch.setattr("pytest_llmcal.statistics.calibration_tests.kernel._MOST_PLACES", 1500)
    assert grouped == pytest.approx(one(squared_kernel_error(confidence), residual), rel=0.02)


def test_t_cal_is_the_largest_pair_sum_of_any_number_of_bins():
    # 4 distinct confidences, 2 items each: 1, 2 and 4 bins of equal mass
    confidence = np.repeat([0.2, 0.4, 0.6, 0.8], 2)
    residual = confidence - np.array([0, 1, 0, 0, 1, 1, 1, 0])
    variance = confidence * (1 - confidence)
    expected = []
    for bins in (1, 2, 4):
        rows, noise = residual.reshape(bins, -1), variance.reshape(bins, -1)
        count = rows.shape[1]
        pairs = (rows.sum(axis=1) ** 2 - (rows**2).sum(axis=1)) / count
        spread = np.sqrt((2 * (noise.sum(axis=1) ** 2 - (noise**2).sum(axis=1)) / count**2).sum())
        expected.append(pairs.sum() / spread)
    assert one(t_cal(confidence), residual) == pytest.approx(max(expected))


def test_hosmer_lemeshow_loses_two_degrees_of_freedom_in_sample_and_none_on_other_data():
    confidence = np.repeat([0.3, 0.5, 0.6, 0.8], 200)
    # quantiles of chi-square tables at 5%: 9.488 for four and 5.991 for two degrees of freedom
    assert hosmer_lemeshow(confidence).limit(9.488) == pytest.approx(0.05, abs=1e-4)
    assert hosmer_lemeshow(confidence, in_sample=True).limit(5.991) == pytest.approx(0.05, abs=1e-4)


def test_hosmer_lemeshow_in_sample_needs_three_groups():
    with pytest.raises(ValueError, match="2 groups leave no degree of freedom in sample"):
        hosmer_lemeshow(np.repeat([0.3, 0.5], 50), in_sample=True)


def test_equal_confidences_share_a_group():
    confidence = np.repeat([0.8, 0.3], [90, 10])
    found = examine(TESTS["hosmer-lemeshow"], confidence, np.concatenate([np.arange(90) < 72, np.arange(10) < 3]))
    assert found.statistic == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("exceeds", "quantiles"),
    [(exceeds_in_absolute_value, {0.1: 1.960, 0.05: 2.2414, 0.01: 2.807}), (exceeds_in_range, {0.05: 2.4977})],
)
def test_the_laws_of_brownian_motion_have_their_quantiles(exceeds, quantiles):
    for rate, quantile in quantiles.items():
        assert exceeds(quantile) == pytest.approx(rate, abs=2e-4)
    assert exceeds(0.0) == 1.0
    assert exceeds(0.35) == pytest.approx(1.0, abs=1e-4)
    assert exceeds(60.0) == 0.0


def test_the_range_of_a_drawn_walk_follows_its_law():
    steps = np.random.default_rng(0).standard_normal((2000, 1000)) / np.sqrt(1000)
    walk = np.cumsum(steps, axis=1)
    distance = np.maximum(walk.max(axis=1), 0) - np.minimum(walk.min(axis=1), 0)
    for quantile in (1.3, 1.6, 2.2):
        assert np.mean(distance > quantile) == pytest.approx(exceeds_in_range(quantile), abs=0.06)
