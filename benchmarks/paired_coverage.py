"""How often each end of a paired difference is wrong, and how much narrower pairing makes it.

    python -m benchmarks.paired_coverage [--confidence 0.95] [--draws 400] [--pairs TEXT] [--clusters 1]

Two models whose true probabilities are known answer the same items again and again; the interval of the
difference of each metric is compared with the truth. An interval at 95% promises that each end errs in
at most 2.5% of draws; with 400 draws the Monte Carlo error of such a rate is about 0.8 points. Behind
the rates stands the mean width of the intervals over that of unpaired ones: the root of the summed squares
of both models' own widths.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection
from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.ece_interval import SHAPES, Values
from benchmarks.interval_coverage import _auroc, _brier, _nll
from pytest_llmcal import Measurement, Scores
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.scores import Comparison

SIZES = (100, 500, 2000)
_MANY = 1_000_000
_LEVELS = np.array([0.6, 0.7, 0.8, 0.9, 0.99])

Answers = tuple[Values, Values, Values, Values]


class Pair(NamedTuple):
    """Two models: confidence and true probability of each item, of this one and of its baseline.

    ``luck`` says what makes them right: the same draw, draws of their own, or opposite ones.
    """

    draw: Callable[[np.random.Generator, int], Answers]
    luck: Literal["same", "own", "opposite"] = "same"

    def scores(self, generator: np.random.Generator, n: int, cluster: int = 1) -> tuple[Scores, Scores]:
        """Draw the scores of both; of a cluster all items are copies of one."""
        drawn = np.array(self.draw(generator, n // cluster))
        luck = generator.random(drawn.shape[1])
        other = {"same": luck, "own": generator.random(len(luck)), "opposite": 1.0 - luck}[self.luck]
        c, a, base_c, base_a, luck, other = np.repeat(np.array([*drawn, luck, other]), cluster, axis=1)
        names = {"ids": [str(item) for item in range(len(luck))]}
        clusters = None if cluster == 1 else [str(item // cluster) for item in range(len(luck))]
        here = Scores(c, luck < a, clusters=clusters, **names)
        return here, Scores(base_c, other < base_a, clusters=clusters, **names)


def _clipped(values: Values) -> Values:
    return np.clip(values, 0.001, 0.999)


def _both(
    here: Callable[[Values], Values],
    there: Callable[[Values], Values],
    *,
    noise: float = 0.0,
    shape: str = "perfect",
) -> Callable[[np.random.Generator, int], Answers]:
    """Take confidences of one shape, this model's with noise, and what is right at each of them."""

    def draw(generator: np.random.Generator, n: int) -> Answers:
        base = _clipped(SHAPES[shape].draw(generator, n))
        c = _clipped(base + noise * generator.normal(size=n)) if noise else base
        return c, np.clip(here(c), 0.0, 1.0), base, np.clip(there(base), 0.0, 1.0)

    return draw


def _levels(generator: np.random.Generator, n: int) -> Answers:
    base = generator.choice(_LEVELS, n)
    c = np.where(generator.random(n) < 0.2, generator.choice(_LEVELS, n), base)
    return c, 0.9 * c, base, base


def _rarely_wrong(generator: np.random.Generator, n: int) -> Answers:
    base = _clipped(generator.beta(5.0, 1.5, n))
    strayed = generator.random(n) < 0.01
    return np.where(strayed, 0.99, base), np.where(strayed, 0.0, base), base, base


PAIRS = {
    "both perfect": Pair(_both(lambda c: c, lambda c: c, noise=0.05)),
    "both perfect, own luck": Pair(_both(lambda c: c, lambda c: c, noise=0.05), "own"),
    "identical, perfect": Pair(_both(lambda c: c, lambda c: c)),
    "identical, overconfident 0.10": Pair(_both(lambda c: c - 0.1, lambda c: c - 0.1)),
    "noised by 0.02, overconfident 0.10": Pair(_both(lambda c: c - 0.1, lambda c: c - 0.1, noise=0.02)),
    "overconfident 0.10 and perfect": Pair(_both(lambda c: c - 0.1, lambda c: c)),
    "over- and underconfident 0.10": Pair(_both(lambda c: c - 0.1, lambda c: c + 0.1, shape="perfect, spread")),
    "five tied levels": Pair(_levels),
    "opposite luck, overconfident 0.10": Pair(_both(lambda c: c - 0.1, lambda c: c - 0.1), "opposite"),
    "above 0.99, 0.97 and perfect": Pair(_both(lambda c: c - 0.02, lambda c: c, shape="perfect, above 0.99")),
    "identical but for 1 in 100": Pair(_rarely_wrong),
    "step and sine": Pair(
        _both(lambda c: np.where(c < 0.7, 0.6, 0.9), lambda c: c + 0.1 * np.sin(20.0 * c), shape="perfect, spread")
    ),
}

Truth = Callable[[Values, Values], float]
METRICS: dict[str, tuple[Truth, Callable[..., Measurement], Callable[..., Measurement], dict[str, object]]] = {
    "accuracy": (lambda _, a: float(a.mean()), Comparison.accuracy, Scores.accuracy, {}),
    "brier": (_brier, Comparison.brier, Scores.brier, {}),
    "nll": (_nll, Comparison.nll, Scores.nll, {}),
    "auroc": (_auroc, Comparison.auroc, Scores.auroc, {}),
    # Debiased, as that needs no noise floor; the interval is the same.
    "ece": (
        lambda c, a: calibration_error(c, a, 15, "l1"),
        Comparison.ece,
        Scores.ece,
        {"binning": "uniform", "debias": True},
    ),
    "ece_l2": (
        lambda c, a: calibration_error(c, a, 15, "l2"),
        Comparison.ece,
        Scores.ece,
        {"binning": "uniform", "norm": "l2", "debias": True},
    ),
    "mce": (
        lambda c, a: calibration_error(c, a, 5, "max"),
        Comparison.mce,
        Scores.mce,
        {"bins": 5, "binning": "uniform"},
    ),
}


@cache
def truth_of(metric: str, pair: str) -> float:
    """Return the true difference, from many items."""
    c, a, base_c, base_a = PAIRS[pair].draw(np.random.default_rng(1), _MANY)
    return METRICS[metric][0](c, a) - METRICS[metric][0](base_c, base_a)


def rates(
    pair: str,
    n: int,
    *,
    metrics: Collection[str] = tuple(METRICS),
    confidence: float = 0.95,
    draws: int = 400,
    cluster: int = 1,
    seed: int = 0,
) -> dict[str, tuple[float, float, float]]:
    """Return the shares of draws, in percent, whose truth lies below the low and above the high end, and the width."""
    generator = np.random.default_rng([seed, n])
    ends: dict[str, list[tuple[float, ...]]] = {metric: [] for metric in metrics}
    for _ in range(draws):
        here, there = PAIRS[pair].scores(generator, n, cluster)
        comparison = here.compare(there)
        for metric in metrics:
            _, difference, own, asked = METRICS[metric]
            if metric == "auroc" and (here.correct.all() or there.correct.all()):
                continue  # an error, no interval
            found = difference(comparison, confidence=confidence, **asked)
            parts = [own(scores, confidence=confidence, **asked) for scores in (here, there)]
            unpaired = float(np.hypot(*(part.high - part.low for part in parts)))
            truth = truth_of(metric, pair)
            missed = found.low > truth + 2e-4, found.high < truth - 2e-4  # the truth is known to three digits
            ends[metric].append((*missed, found.high - found.low, unpaired))
    return {metric: _summary(found) for metric, found in ends.items() if found}


def _summary(found: list[tuple[float, ...]]) -> tuple[float, float, float]:
    low, high, width, unpaired = np.mean(found, axis=0)
    return 100.0 * low, 100.0 * high, width / unpaired


def main() -> None:
    """Print the table, and the worst rates of each metric."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--pairs", default="", help="only the pairs whose names contain this")
    parser.add_argument("--clusters", type=int, default=1, help="so many copies of each item, as a cluster")
    options = parser.parse_args()
    started = time.perf_counter()
    print(f"{options.confidence:.0%} intervals, {options.draws} draws; % true < low / % true > high (width)")
    print(f"{'pair':<36}{'n':>6}" + "".join(f"{metric:>18}" for metric in METRICS))
    worst = dict.fromkeys(METRICS, (0.0, 0.0))
    for pair in (name for name in PAIRS if options.pairs in name):
        for n in SIZES:
            row = rates(
                pair, n, confidence=options.confidence, draws=options.draws, cluster=options.clusters, seed=len(pair)
            )
            cells = ["{:.1f} / {:.1f} ({:.2f})".format(*row[m]) if m in row else "-" for m in METRICS]
            print(f"{pair:<36}{n:>6}" + "".join(f"{cell:>18}" for cell in cells), flush=True)
            for metric, (low, high, _) in row.items():
                worst[metric] = (max(worst[metric][0], low), max(worst[metric][1], high))
    print(f"{'worst':<42}" + "".join(f"{f'{low:.1f} / {high:.1f}':>18}" for low, high in worst.values()))
    print(f"promised {50.0 * (1.0 - options.confidence):.2g} (seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
