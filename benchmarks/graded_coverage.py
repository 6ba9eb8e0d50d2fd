"""How often each end of an interval is wrong where correctness is graded, over models whose true values are known.

    python -m benchmarks.graded_coverage [--draws 300] [--sizes 100 500 2000] [--metrics ece nll] [--test]

As ``benchmarks.interval_coverage``, for answers that are partly right: at each confidence they have a known mean and
are drawn from a beta distribution about it, from a few levels, or so that most are wholly right and few wholly wrong.
An interval at 95% promises that each end errs in at most 2.5% of draws; with 300 draws the Monte Carlo error of such a
rate is about 0.9 points, and of the largest of many rates about 2.5. The last column is the share of draws in which
the calibration test refutes a perfect model: 5% are promised.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from benchmarks.ece_interval import SHAPES, Values
from benchmarks.interval_coverage import COVERAGE, RISK
from benchmarks.interval_coverage import METRICS as OF_ZERO_AND_ONE
from pytest_llmcal import Measurement, Scores
from pytest_llmcal.metrics.bins import make_bins
from pytest_llmcal.metrics.calibration_error import calibration_error
from pytest_llmcal.metrics.kernel_error import skce
from pytest_llmcal.metrics.smooth import smooth_error

SIZES = (100, 500, 2000)
_MANY = 400_000
_FEW = 20_000
Grade = Callable[[np.random.Generator, Values], Values]


def _beta(size: float) -> Grade:
    """Grades from a beta distribution worth so many answers: the more, the nearer to their mean."""

    def draw(generator: np.random.Generator, mean: Values) -> Values:
        inside = np.clip(mean, 1e-9, 1.0 - 1e-9)
        drawn = generator.beta(size * inside, size * (1.0 - inside))
        return np.where((mean > 0.0) & (mean < 1.0), drawn, mean)

    return draw


def _thirds(generator: np.random.Generator, mean: Values) -> Values:
    """Grades 0, 1/3, 2/3 and 1: of three judges each says right with this probability."""
    return generator.binomial(3, mean) / 3.0


def _halves(generator: np.random.Generator, mean: Values) -> Values:
    """Grades that only seldom are neither 0 nor 1."""
    certain = (generator.random(len(mean)) < mean).astype(np.float64)
    return np.where(generator.random(len(mean)) < 0.1, generator.binomial(2, mean) / 2.0, certain)


def _overlap(generator: np.random.Generator, mean: Values) -> Values:
    """Grades as overlap of characters gives them: near their mean, and as noisy at every confidence."""
    width = np.minimum(0.15, np.minimum(mean, 1.0 - mean))
    return mean + width * generator.uniform(-1.0, 1.0, len(mean))


class Model(NamedTuple):
    """A shape of ``benchmarks.ece_interval`` whose answers are graded."""

    shape: str
    grade: Grade


MODELS = {
    "perfect, beta 3": Model("perfect", _beta(3.0)),
    "perfect, overlap": Model("perfect, spread", _overlap),
    "perfect, thirds": Model("perfect, five levels", _thirds),
    "perfect above .99, beta 1": Model("perfect, above 0.99", _beta(1.0)),
    "perfect, mostly 0 or 1": Model("perfect", _halves),
    "overconfident, beta 3": Model("overconfident 0.10", _beta(3.0)),
    "overconfident, overlap": Model("overconfident 0.05", _overlap),
    "underconfident, thirds": Model("underconfident 0.10", _thirds),
    "odds squared, beta 10": Model("odds to the power 2", _beta(10.0)),
    "sine wave, overlap": Model("sine wave", _overlap),
    "above .99, really .97, beta 1": Model("above 0.99, really 0.97", _beta(1.0)),
    "rare and wrong, beta 3": Model("rare and wrong", _beta(3.0)),
}
Truth = Callable[[Values, Values, Values], float]


def _brier(c: Values, _: Values, y: Values) -> float:
    return float(((c - y) ** 2).mean())


def _ece(c: Values, a: Values, _: Values, norm: str = "l1") -> float:
    return calibration_error(c, a, make_bins(c, a), norm)


def _squared(c: Values, a: Values, y: Values) -> float:
    return _ece(c, a, y, "l2") ** 2


def _largest_gap(c: Values, a: Values, y: Values) -> float:
    return _ece(c, a, y, "max")


def _smooth(c: Values, a: Values, _: Values) -> float:
    return smooth_error(c, a)


def _kernel(c: Values, a: Values, _: Values) -> float:
    return skce(c[:_FEW], a[:_FEW])


def _of_means(name: str) -> Truth:
    return lambda c, a, _: OF_ZERO_AND_ONE[name][0](c, a)


# The truth is that of all the answers; of the largest drop, and of the largest gap, that of the items at hand.
METRICS: dict[str, tuple[Truth, Callable[..., Measurement]]] = {
    "accuracy": (_of_means("accuracy"), Scores.accuracy),
    "brier": (_brier, Scores.brier),
    "nll": (_of_means("nll"), Scores.nll),
    "ece": (_ece, Scores.ece),
    "ece_l2": (partial(_ece, norm="l2"), partial(Scores.ece, norm="l2")),
    "squared_ece": (_squared, Scores.squared_ece),
    "mce": (_largest_gap, Scores.mce),
    "smooth_ece": (_smooth, Scores.smooth_ece),
    "skce": (_kernel, Scores.skce),
    "largest_drop": (_of_means("largest_drop"), OF_ZERO_AND_ONE["largest_drop"][1]),
    "aurc": (_of_means("aurc"), Scores.aurc),
    "at_coverage": (_of_means("at_coverage"), partial(Scores.accuracy_at_coverage, coverage=COVERAGE)),
    "at_risk": (_of_means("at_risk"), partial(Scores.coverage_at_risk, risk=RISK)),
}
_OF_ITEMS_AT_HAND = frozenset({"largest_drop", "mce"})


@cache
def truth_of(metric: str, name: str) -> float:
    """Return the true value of a metric over all the answers that a model could give."""
    generator, shape = np.random.default_rng(1), SHAPES[MODELS[name].shape]
    c = shape.draw(generator, _MANY)
    a = shape.accuracy(c)
    return METRICS[metric][0](c, a, MODELS[name].grade(generator, a))


class Found(NamedTuple):
    """Shares of draws, in percent: the truth below the low and above the high end of each metric, and refuted."""

    missed: dict[str, tuple[float, float]]
    refuted: float | None


def misses(
    name: str,
    n: int,
    *,
    metrics: Collection[str] = tuple(METRICS),
    confidence: float = 0.95,
    draws: int = 300,
    seed: int = 0,
    tested: bool = False,
) -> Found:
    """Draw answers again and again and count how often an interval or the test is wrong."""
    generator, model = np.random.default_rng([seed, n]), MODELS[name]
    shape = SHAPES[model.shape]
    ends: dict[str, list[tuple[bool, bool]]] = {metric: [] for metric in metrics}
    refuted = []
    for _ in range(draws):
        c = shape.draw(generator, n)
        a = shape.accuracy(c)
        y = model.grade(generator, a)
        scores = Scores(c, y)
        for metric in metrics:
            truth, measure = METRICS[metric]
            true = truth(c, a, y) if metric in _OF_ITEMS_AT_HAND else truth_of(metric, name)
            measured = measure(scores, confidence=confidence)
            ends[metric].append((measured.low > true + 1e-5, measured.high < true - 1e-5))
        if tested:
            refuted.append(scores.calibration_test().p_value <= 0.05)
    missed = {metric: _percentages(found) for metric, found in ends.items()}
    return Found(missed, 100.0 * float(np.mean(refuted)) if tested else None)


def _percentages(found: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    low, high = np.mean(found, axis=0)
    return 100.0 * float(low), 100.0 * float(high)


def main() -> None:
    """Print the table, and the worst rates of each metric."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--metrics", nargs="+", choices=tuple(METRICS), default=tuple(METRICS))
    parser.add_argument("--test", action="store_true", help="ask the calibration test too, which takes longest")
    options = parser.parse_args()
    started = time.perf_counter()
    print(f"{options.confidence:.0%} intervals, {options.draws} draws; % true < low / % true > high")
    print(
        f"{'model':<30}{'n':>5}"
        + "".join(f"{metric:>13}" for metric in options.metrics)
        + f"{'refuted' if options.test else '':>9}"
    )
    worst = dict.fromkeys(options.metrics, (0.0, 0.0))
    for name in MODELS:
        for n in options.sizes:
            tested = options.test and name.startswith("perfect")
            asked = {"metrics": options.metrics, "confidence": options.confidence, "draws": options.draws}
            found = misses(name, n, tested=tested, **asked)
            cells = "".join(f"{f'{low:.1f} / {high:.1f}':>13}" for low, high in found.missed.values())
            print(f"{name:<30}{n:>5}{cells}{'' if found.refuted is None else f'{found.refuted:>9.1f}'}", flush=True)
            for metric, (low, high) in found.missed.items():
                worst[metric] = (max(worst[metric][0], low), max(worst[metric][1], high))
    print(f"{'worst':<35}" + "".join(f"{f'{low:.1f} / {high:.1f}':>13}" for low, high in worst.values()))
    print(f"promised {50.0 * (1.0 - options.confidence):.2g} (seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
