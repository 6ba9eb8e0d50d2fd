import tracemalloc

import numpy as np
import pytest

from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.statistics import noise_floor as module
from pytest_llmcal.statistics.noise_floor import noise_floor


def peaked(n, seed=0):
    return np.random.default_rng(seed).beta(5, 1.5, n)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("n", [1, 7, 200])
def test_it_is_what_redrawn_answers_score(n, norm):
    confidence = peaked(n)
    generator = np.random.default_rng(1)
    scored = [calibration_error(confidence, generator.random(n) < confidence, norm=norm) for _ in range(4000)]
    mean, p95 = noise_floor(confidence, bin_sums(confidence, np.zeros(n)), norm)
    error = np.std(scored) * np.sqrt(1 / 1000 + 1 / 4000)
    assert mean == pytest.approx(np.mean(scored), abs=4 * error)
    assert p95 == pytest.approx(np.quantile(scored, 0.95), abs=9 * error + 1e-9)


def test_it_agrees_with_the_published_order_of_magnitude():
    # 10,000 redraws of 200 items from Beta(5, 1.5): .069 on average, .097 at the 95th percentile
    mean, p95 = noise_floor(peaked(200), bin_sums(peaked(200), np.zeros(200)))
    assert mean == pytest.approx(0.069, abs=0.006)
    assert p95 == pytest.approx(0.097, abs=0.01)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_the_normal_approximation_agrees_with_the_redraws_where_one_takes_over(norm, monkeypatch):
    confidence = peaked(2000)
    sums = bin_sums(confidence, np.zeros(2000))
    redrawn = noise_floor(confidence, sums, norm)
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    assert noise_floor(confidence, sums, norm) == pytest.approx(redrawn, rel=0.06)


def test_certain_answers_make_no_noise():
    assert noise_floor(np.ones(5), bin_sums(np.ones(5), np.ones(5))) == (0.0, 0.0)


def test_it_does_not_depend_on_the_order_of_the_items():
    confidence = peaked(100)
    there, back = (noise_floor(c, bin_sums(c, np.zeros(100))) for c in (confidence, confidence[::-1].copy()))
    assert there == pytest.approx(back, abs=1e-12)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_many_items_take_no_more_memory_than_few(norm):
    confidence = peaked(100_000)
    sums = bin_sums(confidence, np.zeros(100_000))
    tracemalloc.start()
    try:
        noise_floor(confidence, sums, norm)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One number a draw and bin, three times over; redrawing every item would take 100,000 numbers a draw.
    assert peak < 4 * module.DRAWS * len(sums.count) * 8
