"""How often an abstention rule breaks its promise, over models whose true risk is known.

    python -m benchmarks.abstention [--risk 0.05] [--delta 0.05] [--draws 500]

For each shape of model and number of calibration items, a threshold is fitted again and again and the true error rate
of all the answers that the model could give above it is compared with ``risk``. It promises to be greater in at
most ``delta`` of draws; with 500 draws the Monte Carlo error of such a rate is about 1 point. Beside it the rate of
the threshold that merely looks good enough on the calibration items, and how much each of them answers.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.ece_interval import SHAPES, Shape, Values
from pytest_llmcal import Scores
from pytest_llmcal.calibrators import Abstention
from pytest_llmcal.metrics.selective import levels

SIZES = (100, 500, 2000)
# Answers from which the true risk and coverage of a threshold are computed.
_MANY = 1_000_000
# A true risk that is known to so many digits must not count as broken by one equal to it.
_ROUNDING = 2e-4
_JUST = 0.001
Fit = Callable[[Scores], float]


class Population:
    """All the answers that a model could give: their risk and share from any confidence on."""

    def __init__(self, shape: Shape) -> None:
        confidence = shape.draw(np.random.default_rng(1), _MANY)
        self.falling = np.sort(confidence)[::-1]
        self.wrong = np.cumsum(1.0 - shape.accuracy(self.falling))

    def at(self, threshold: float) -> tuple[float, float]:
        """Return the risk of the answers at this confidence or above, and their share; zero where there are none."""
        count = int(np.searchsorted(-self.falling, -threshold, side="right"))
        return (float(self.wrong[count - 1]) / count if count else 0.0), count / _MANY


class Rates(NamedTuple):
    """Share of draws, in percent, whose risk is too great, and the mean coverage in percent."""

    broken: float
    coverage: float


def naive(risk: float) -> Fit:
    """Return a rule that answers as much as has at most this risk among the calibration items."""

    def fit(scores: Scores) -> float:
        _, items, wrong = levels(scores.confidence, scores.correct)
        good = np.flatnonzero(np.cumsum(wrong) <= risk * np.cumsum(items))
        return float(np.unique(scores.confidence)[::-1][good[-1]]) if len(good) else math.inf

    return fit


def certified(risk: float, delta: float) -> Fit:
    """Return the rule of ``Abstention``."""
    return lambda scores: Abstention(risk, delta).fit(scores).threshold


def rates(shape: Shape, n: int, rules: dict[str, Fit], risk: float, *, draws: int = 500, seed: int = 0) -> list[Rates]:
    """Draw calibration items ``draws`` times, and return what becomes of each rule."""
    generator, population = np.random.default_rng([seed, n]), Population(shape)
    found = np.empty((draws, len(rules), 2))
    for row in range(draws):
        confidence: Values = shape.draw(generator, n)
        scores = Scores(confidence, generator.random(n) < shape.accuracy(confidence))
        found[row] = [population.at(rule(scores)) for rule in rules.values()]
    broken = (found[:, :, 0] > risk + _ROUNDING).mean(axis=0)
    return [Rates(100.0 * float(b), 100.0 * float(c)) for b, c in zip(broken, found[:, :, 1].mean(axis=0), strict=True)]


def just_too_risky(risk: float) -> dict[str, Shape]:
    """Return models whose risk is a hair too great at every threshold: the hardest not to be misled by."""
    flat = SHAPES["perfect, spread"].draw
    levels_of_five = SHAPES["perfect, five levels"].draw
    return {
        "flat, a hair too risky": Shape(flat, lambda c: np.full_like(c, 1.0 - risk - _JUST)),
        "five levels, a hair too risky": Shape(levels_of_five, lambda c: np.full_like(c, 1.0 - risk - _JUST)),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--risk", type=float, default=0.05)
    parser.add_argument("--delta", type=float, default=0.05)
    parser.add_argument("--draws", type=int, default=500)
    options = parser.parse_args()
    started = time.perf_counter()
    rules = {"certified": certified(options.risk, options.delta), "looks good": naive(options.risk)}
    print(f"risk {options.risk:g}, delta {options.delta:g}, {options.draws} draws; % of draws too risky / % answered")
    print(f"{'model':<30}{'n':>6}" + "".join(f"{name:>16}" for name in rules))
    worst = dict.fromkeys(rules, 0.0)
    for name, shape in {**SHAPES, **just_too_risky(options.risk)}.items():
        for n in SIZES:
            row = rates(shape, n, rules, options.risk, draws=options.draws)
            cells = [f"{cell.broken:.1f} / {cell.coverage:.1f}" for cell in row]
            print(f"{name:<30}{n:>6}" + "".join(f"{cell:>16}" for cell in cells), flush=True)
            worst = {rule: max(worst[rule], cell.broken) for rule, cell in zip(rules, row, strict=True)}
    print(f"{'worst':<36}" + "".join(f"{rate:>16.1f}" for rate in worst.values()))
    print(f"promised {100.0 * options.delta:g} (seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
