"""How often the interval of a calibration error is wrong, over models whose true error is known.

    python benchmarks/ece_interval.py [--norm l1|l2] [--bins 15] [--confidence 0.95] [--draws 1000]

For each shape of model and number of items, answers are drawn again and again and the
interval is compared with the true error. An interval at 95% promises that the true
error lies below its low end in at most 2.5% of draws, and above its high end in at
most 2.5%; with 1,000 draws the Monte Carlo error of such a rate is about 0.5 points.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_llmcal.metrics.bin_sums import bin_sums
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.statistics.calibration_error_interval import l1_interval, l2_interval

Values = npt.NDArray[np.float64]

SIZES = (100, 200, 500, 1000, 2000, 5000)
LIMIT = 0.05
INTERVALS = {"l1": l1_interval, "l2": l2_interval}
# Items from which a shape's true error is computed: exact but for about 0.00002.
_MANY = 4_000_000


@dataclass(frozen=True)
class Shape:
    """A model: where its confidences lie, and how often it is right at each."""

    draw: Callable[[np.random.Generator, int], Values]
    accuracy: Callable[[Values], Values]

    @cache  # noqa: B019  # the shapes live as long as the module
    def true_error(self, norm: str, bins: int) -> float:
        """Return the calibration error of all the answers the model could give."""
        confidence = self.draw(np.random.default_rng(1), _MANY)
        return calibration_error(confidence, self.accuracy(confidence), bins, norm)


def _peaked(generator: np.random.Generator, n: int) -> Values:
    return generator.beta(5.0, 1.5, n)


def _spread(generator: np.random.Generator, n: int) -> Values:
    return generator.uniform(0.35, 0.97, n)


def _levels(generator: np.random.Generator, n: int) -> Values:
    return generator.choice([0.6, 0.7, 0.8, 0.9, 1.0], n, p=[0.1, 0.15, 0.25, 0.3, 0.2])


def _near_one(generator: np.random.Generator, n: int) -> Values:
    return 1.0 - 0.01 * generator.beta(1.0, 1.5, n)


def _mostly(common: float, rare: float, share: float) -> Callable[[np.random.Generator, int], Values]:
    return lambda generator, n: np.where(generator.random(n) < share, rare, common)


def _shifted(by: float) -> Callable[[Values], Values]:
    return lambda c: np.clip(c + by, 0.0, 1.0)


def _odds(power: float) -> Callable[[Values], Values]:
    return lambda c: c**power / (c**power + (1.0 - c) ** power)


SHAPES = {
    "perfect": Shape(_peaked, _shifted(0.0)),
    "perfect, spread": Shape(_spread, _shifted(0.0)),
    "perfect, five levels": Shape(lambda g, n: g.choice([0.5, 0.6, 0.7, 0.8, 0.9], n), _shifted(0.0)),
    "perfect, above 0.99": Shape(_near_one, _shifted(0.0)),
    "overconfident 0.05": Shape(_peaked, _shifted(-0.05)),
    "overconfident 0.10": Shape(_peaked, _shifted(-0.10)),
    "underconfident 0.05": Shape(_spread, _shifted(0.05)),
    "underconfident 0.10": Shape(_spread, _shifted(0.10)),
    "odds to the power 0.7": Shape(_peaked, _odds(0.7)),
    "odds to the power 2": Shape(_peaked, _odds(2.0)),
    "step": Shape(_peaked, lambda c: np.where(c < 0.75, 0.6, 0.9)),
    "sine wave": Shape(_spread, lambda c: np.clip(c + 0.1 * np.sin(20.0 * c), 0.0, 1.0)),
    "too sure in every other bin": Shape(
        lambda g, n: g.random(n), lambda c: np.clip(c + np.where(c * 15 % 2 < 1, 0.05, -0.05), 0.0, 1.0)
    ),
    "five levels": Shape(
        _levels, lambda c: c + np.interp(c, [0.6, 0.7, 0.8, 0.9, 1.0], [0.1, -0.05, 0.0, -0.1, -0.08])
    ),
    "above 0.99, really 0.97": Shape(_near_one, _shifted(-0.02)),
    "five levels, really 0.99": Shape(_levels, lambda c: np.full_like(c, 0.99)),
    "below 0.30, half as often": Shape(lambda g, n: g.uniform(0.0, 0.3, n), lambda c: 0.5 * c),
    "rare and wrong": Shape(_mostly(0.99, 0.5, 0.02), lambda c: np.where(c < 0.7, 0.0, c)),
    "very rare and wrong": Shape(_mostly(0.99, 0.5, 0.002), lambda c: np.where(c < 0.7, 0.0, c)),
    "very rare, wrong and sure": Shape(_mostly(0.999, 0.9, 0.009), lambda c: np.where(c < 0.95, 0.0, c)),
    "rare, right and unsure": Shape(_mostly(0.99, 0.02, 0.01), lambda c: np.where(c < 0.7, 1.0, c)),
    "always wrong, rarely surer": Shape(_mostly(0.55, 0.9, 0.02), np.zeros_like),
}


class Rates(NamedTuple):
    """Shares of draws, in percent, and mean ends."""

    below_low: float
    above_high: float
    refutes: float
    holds: float
    mean_low: float
    mean_high: float


def rates(
    shape: Shape,
    n: int,
    *,
    norm: str = "l1",
    bins: int = 15,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Rates:
    """Draw answers ``draws`` times and count how often the interval is wrong."""
    generator = np.random.default_rng([seed, n])
    truth = shape.true_error(norm, bins)
    ends = np.empty((draws, 2))
    for row in range(draws):
        c = shape.draw(generator, n)
        correct = generator.random(n) < shape.accuracy(c)
        ends[row] = INTERVALS[norm](bin_sums(c, correct, bins), confidence)
    low, high = ends.T
    # A true error that is known to five digits only must not count as missed by an end equal to it.
    shares = (low > truth + 1e-5, high < truth - 1e-5, low > LIMIT, high <= LIMIT)
    return Rates(*(100.0 * float(share.mean()) for share in shares), float(low.mean()), float(high.mean()))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--norm", choices=sorted(INTERVALS), default="l1")
    parser.add_argument("--bins", type=int, default=15)
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    started = time.perf_counter()
    print(
        f"{options.norm} error over {options.bins} bins, {options.confidence:.0%} intervals, "
        f"{options.draws} draws a row"
    )
    print(f"{'model':<28}{'true':>7}{'n':>6}{'true < low':>12}{'true > high':>12}", end="")
    print(f"{'refutes 0.05':>14}{'holds 0.05':>12}{'mean low':>10}{'mean high':>10}")
    worst = {"true < low": 0.0, "true > high": 0.0}
    for name, shape in SHAPES.items():
        for n in SIZES:
            row = rates(
                shape, n, norm=options.norm, bins=options.bins, confidence=options.confidence, draws=options.draws
            )
            worst["true < low"] = max(worst["true < low"], row.below_low)
            worst["true > high"] = max(worst["true > high"], row.above_high)
            print(
                f"{name:<28}{shape.true_error(options.norm, options.bins):>7.4f}{n:>6}{row.below_low:>11.1f}%", end=""
            )
            print(f"{row.above_high:>11.1f}%{row.refutes:>13.1f}%{row.holds:>11.1f}%", end="")
            print(f"{row.mean_low:>10.3f}{row.mean_high:>10.3f}", flush=True)
    promised = 50.0 * (1.0 - options.confidence)
    print(
        f"worst: {', '.join(f'{side} {rate:.1f}%' for side, rate in worst.items())}; promised {promised:.2g}%", end=""
    )
    print(f" (seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
