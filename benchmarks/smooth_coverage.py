"""How often each end of SmoothECE, of the kernel error and of the error by kernel density is wrong.

    python -m benchmarks.smooth_coverage [--metric smooth_ece|skce|kde_ece] [--draws 300] [--sizes 100 500 2000]

As ``benchmarks.interval_coverage``, for the calibration errors without bins. What the truth is, is said by each: of
all the answers that the model could give, SmoothECE at the bandwidth that equals its own error there, the squared
kernel error, and the error by kernel density smoothed by the bandwidth that the items chose.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from benchmarks.ece_interval import SHAPES, Values
from pytest_llmcal.metrics.density_error import best_bandwidth, density_error, leave_one_out_weights
from pytest_llmcal.metrics.kernel_error import skce
from pytest_llmcal.metrics.smooth import smooth_error
from pytest_llmcal.statistics.density_error_interval import density_error_interval, density_gaps
from pytest_llmcal.statistics.grid_sums import grid_sums
from pytest_llmcal.statistics.interval import Interval
from pytest_llmcal.statistics.kernel_error_interval import kernel_error_interval
from pytest_llmcal.statistics.smooth_error_interval import smooth_error_interval

SIZES = (100, 500, 2000)
_MANY = 1_000_000
# Points that stand for all answers where each is held against each other.
_POINTS = 2000
# How far a truth is known.
_KNOWN = 1e-4
_BANDWIDTH = 0.1


class Rates(NamedTuple):
    """Shares of draws, in percent, whose truth lies outside, and means of truth and ends."""

    below_low: float
    above_high: float
    truth: float
    low: float
    high: float


@cache
def _all_answers(name: str) -> tuple[Values, Values]:
    confidence = np.sort(SHAPES[name].draw(np.random.default_rng(1), _MANY))
    return confidence, SHAPES[name].accuracy(confidence)


@cache
def _smooth_truth(name: str) -> float:
    return smooth_error(*_all_answers(name))


@cache
def _kernel_truth(name: str) -> float:
    return skce(*_all_answers(name), _BANDWIDTH)


@cache
def _density_truth(name: str, bandwidth: float) -> float:
    step = _MANY // _POINTS
    confidence, accuracy = (values[step // 2 :: step] for values in _all_answers(name))
    return density_error(confidence, accuracy, bandwidth)


def _smooth(name: str, c: Values, right: Values, level: float) -> tuple[float, Interval]:
    return _smooth_truth(name), smooth_error_interval(grid_sums(c, right), level)


def _kernel(name: str, c: Values, right: Values, level: float) -> tuple[float, Interval]:
    estimate = skce(c, right, _BANDWIDTH)
    return _kernel_truth(name), kernel_error_interval(grid_sums(c, right), estimate, _BANDWIDTH, level)


def _density(name: str, c: Values, right: Values, level: float) -> tuple[float, Interval]:
    bandwidth = best_bandwidth(c)
    gaps = density_gaps(c, right, leave_one_out_weights(c, bandwidth))
    return _density_truth(name, bandwidth), density_error_interval(gaps, c, level)


METRICS: dict[str, Callable[[str, Values, Values, float], tuple[float, Interval]]] = {
    "smooth_ece": _smooth,
    "skce": _kernel,
    "kde_ece": _density,
}


def rates(metric: str, name: str, n: int, *, level: float = 0.95, draws: int = 300, seed: int = 0) -> Rates:
    """Return how often each end of a metric's interval is wrong over draws of a shape."""
    generator, shape = np.random.default_rng([seed, n]), SHAPES[name]
    found = np.empty((draws, 3))
    for row in found:
        c = shape.draw(generator, n)
        right = (generator.random(n) < shape.accuracy(c)).astype(np.float64)
        truth, (low, high) = METRICS[metric](name, c, right, level)
        row[:] = truth, low, high
    truths, lows, highs = found.T
    wrong = np.mean(lows > truths + _KNOWN), np.mean(highs < truths - _KNOWN)
    return Rates(*(100.0 * float(share) for share in wrong), *(float(mean) for mean in found.mean(axis=0)))


def main() -> None:
    """Print the table of each metric, and its worst rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metric", choices=METRICS, action="append")
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments = parser.parse_args()
    start = time.perf_counter()
    for metric in arguments.metric or METRICS:
        print(f"\n{metric}, {100 * arguments.confidence:g}%, {arguments.draws} draws")
        print(f"{'shape':28} {'n':>6} {'low wrong':>10} {'high wrong':>10} {'truth':>8} {'low':>8} {'high':>8}")
        worst = [0.0, 0.0]
        for name in SHAPES:
            for n in arguments.sizes:
                found = rates(metric, name, n, level=arguments.confidence, draws=arguments.draws)
                worst = [max(worst[0], found.below_low), max(worst[1], found.above_high)]
                ends = f"{found.truth:8.4f} {found.low:8.4f} {found.high:8.4f}"
                print(f"{name:28} {n:6} {found.below_low:9.1f}% {found.above_high:9.1f}% {ends}", flush=True)
        print(f"worst: low end {worst[0]:.1f}%, high end {worst[1]:.1f}%; {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
