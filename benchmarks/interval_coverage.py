"""How often each end of the other intervals is wrong, over models whose true values are known.

    python -m benchmarks.interval_coverage [--confidence 0.95] [--draws 1000]

For each metric, shape of model and number of items, answers are drawn again and again
and the interval is compared with the truth. An interval at 95% promises that each end
errs in at most 2.5% of draws; with 1,000 draws the Monte Carlo error of such a rate is
about 0.5 points, and of the largest of many rates about 1.5.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection
from functools import cache, partial

import numpy as np

from benchmarks.ece_interval import SHAPES, Values
from pytest_llmcal import Measurement, Scores
from pytest_llmcal.metrics.mass_groups import equal_mass_groups
from pytest_llmcal.metrics.selective import (
    accepted_items,
    coverage_at_risk,
    expected_errors,
    levels,
    population_aurc,
    population_e_aurc,
)
from pytest_llmcal.scores.measures.monotonicity import largest_drop
from pytest_llmcal.statistics.monotonicity import groups_for

SIZES = (100, 500, 2000)
NAMES = (
    "perfect",
    "perfect, spread",
    "perfect, above 0.99",
    "overconfident 0.10",
    "odds to the power 2",
    "step",
    "sine wave",
    "above 0.99, really 0.97",
    "below 0.30, half as often",
    "rare and wrong",
    "very rare, wrong and sure",
)
_MANY = 1_000_000
COVERAGE, RISK = 0.8, 0.1
Truth = Callable[[Values, Values], float]


def _brier(c: Values, a: Values) -> float:
    return float(np.mean(a * (1.0 - c) ** 2 + (1.0 - a) * c**2))


def _nll(c: Values, a: Values) -> float:
    return float(np.mean(-a * np.log(c) - (1.0 - a) * np.log1p(-c)))


def _auroc(c: Values, a: Values) -> float:
    level = np.unique(c, return_inverse=True)[1]
    right, wrong = np.bincount(level, a), np.bincount(level, 1.0 - a)
    return float(right @ (np.cumsum(wrong) - 0.5 * wrong) / (right.sum() * wrong.sum()))


def _largest_drop(c: Values, a: Values) -> float:
    group = equal_mass_groups(c, groups_for(len(c)))
    accuracy = np.bincount(group, a) / np.bincount(group)
    return max(0.0, float((np.maximum.accumulate(accuracy) - accuracy).max()))


def _accuracy(_: Values, a: Values) -> float:
    return float(a.mean())


def _aurc(c: Values, a: Values) -> float:
    return population_aurc(*levels(c, a)[1:])


def _e_aurc(c: Values, a: Values) -> float:
    return population_e_aurc(*levels(c, a)[1:])


def _accuracy_at_coverage(c: Values, a: Values) -> float:
    count = accepted_items(len(c), COVERAGE)
    return 1.0 - float(expected_errors(c, a)[count - 1]) / count


def _coverage_at_risk(c: Values, a: Values) -> float:
    return coverage_at_risk(expected_errors(c, a), RISK)


# The truth is that of all the answers the model could give; but the claim of the largest drop is about the
# groups of the items at hand.
METRICS: dict[str, tuple[Truth, Callable[..., Measurement]]] = {
    "accuracy": (_accuracy, Scores.accuracy),
    "brier": (_brier, Scores.brier),
    "nll": (_nll, Scores.nll),
    "auroc": (_auroc, Scores.auroc),
    "largest_drop": (_largest_drop, largest_drop),
    "aurc": (_aurc, Scores.aurc),
    "e_aurc": (_e_aurc, Scores.e_aurc),
    "at_coverage": (_accuracy_at_coverage, partial(Scores.accuracy_at_coverage, coverage=COVERAGE)),
    "at_risk": (_coverage_at_risk, partial(Scores.coverage_at_risk, risk=RISK)),
}


@cache
def truth_of(metric: str, name: str) -> float:
    """Return the true value of a metric over all the answers that a shape of model could give."""
    confidence = SHAPES[name].draw(np.random.default_rng(1), _MANY)
    return METRICS[metric][0](confidence, SHAPES[name].accuracy(confidence))


def misses(
    name: str,
    n: int,
    *,
    metrics: Collection[str] = tuple(METRICS),
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Return the shares of draws, in percent, whose truth lies below the low end and above the high end."""
    generator, shape = np.random.default_rng([seed, n]), SHAPES[name]
    ends: dict[str, list[tuple[bool, bool]]] = {metric: [] for metric in metrics}
    for _ in range(draws):
        c = shape.draw(generator, n)
        a = shape.accuracy(c)
        scores = Scores(c, generator.random(n) < a)
        for metric in metrics:
            truth, measure = METRICS[metric]
            if metric == "auroc" and len(set(scores.correct.tolist())) == 1:
                continue  # an error, no interval
            true = truth(c, a) if metric == "largest_drop" else truth_of(metric, name)
            measured = measure(scores, confidence=confidence)
            ends[metric].append((measured.low > true + 1e-9, measured.high < true - 1e-9))
    return {metric: _percentages(found) for metric, found in ends.items() if found}


def _percentages(found: list[tuple[bool, bool]]) -> tuple[float, float]:
    low, high = np.mean(found, axis=0)
    return 100.0 * float(low), 100.0 * float(high)


def main() -> None:
    """Print the table, and the worst rates of each metric."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    started = time.perf_counter()
    print(f"{options.confidence:.0%} intervals, {options.draws} draws; % true < low / % true > high")
    print(f"{'model':<28}{'n':>6}" + "".join(f"{metric:>14}" for metric in METRICS))
    worst = dict.fromkeys(METRICS, (0.0, 0.0))
    for name in NAMES:
        for n in SIZES:
            row = misses(name, n, confidence=options.confidence, draws=options.draws)
            cells = [f"{row[m][0]:.1f} / {row[m][1]:.1f}" if m in row else "-" for m in METRICS]
            print(f"{name:<28}{n:>6}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
            for metric, (low, high) in row.items():
                worst[metric] = (max(worst[metric][0], low), max(worst[metric][1], high))
    print(f"{'worst':<34}" + "".join(f"{f'{low:.1f} / {high:.1f}':>14}" for low, high in worst.values()))
    print(f"promised {50.0 * (1.0 - options.confidence):.2g} (seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
