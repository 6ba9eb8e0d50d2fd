"""How often a suite of 50 gates refutes something by chance, and what correcting for it costs.

    python -m benchmarks.corrections [--runs 2000] [--workers 2]

A perfectly calibrated model answers ten groups of 500 items, and each group is judged by five gates: calibration error,
accuracy, Brier score, negative log-likelihood, AUROC. Every limit is the truth itself, so all claims are true
and as hard to tell from false as can be. "red" is the share of runs in which any of the 50 is refuted: at most half
of the error rate is promised for all together where they are corrected. "found" is the share of false claims that
are refuted where ten of the 50 are false: a calibration error of at most 0.05 in groups where it is 0.10 in truth.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.ece_interval import LIMIT, SHAPES
from benchmarks.interval_coverage import truth_of
from pytest_llmcal import Measurement, Scores
from pytest_llmcal.measurement import Correction, Rules, Verdict, shares, using
from pytest_llmcal.statistics.multiple_testing import step_down

GROUPS, ITEMS = 10, 500
CONFIDENCES = (0.90, 0.95, 0.99)
Method = Literal["none", "bonferroni", "holm"]
METHODS: tuple[Method, ...] = ("none", "bonferroni", "holm")
# Each measurement with the claim about it; the level of the interval is that of the measurement.
Claim = Callable[[Measurement], Verdict]
TRUE: tuple[tuple[Callable[[Scores], Measurement], Claim], ...] = (
    (Scores.ece, lambda ece: ece.below(0.0)),
    (Scores.accuracy, lambda accuracy: accuracy.above(truth_of("accuracy", "perfect"))),
    (Scores.brier, lambda brier: brier.below(truth_of("brier", "perfect"))),
    (Scores.nll, lambda nll: nll.below(truth_of("nll", "perfect"))),
    (Scores.auroc, lambda auroc: auroc.above(truth_of("auroc", "perfect"))),
)
GATES = GROUPS * len(TRUE)


class Run(NamedTuple):
    """What came of one run: how many true claims were refuted, and what share of the false ones."""

    refuted: int
    found: float


def answers(generator: np.random.Generator, name: str) -> Scores:
    """Draw the answers of one group."""
    c = SHAPES[name].draw(generator, ITEMS)
    return Scores(c, generator.random(ITEMS) < SHAPES[name].accuracy(c))


def refuted(claims: list[tuple[Measurement, Claim]], confidence: float, method: Method) -> np.ndarray:
    """Tell which claims of a suite are refuted, each the only one of its gate."""
    verdicts = []
    for measurement, claim in claims:
        correction = None if method == "none" else Correction(method, GATES, shares(GATES))
        with using(Rules(confidence=confidence, correction=correction)):
            verdicts.append(claim(measurement.at(confidence)))
    rejected = np.array([verdict.status == "refuted" for verdict in verdicts])
    asked = [place for place, verdict in enumerate(verdicts) if verdict.p_value is not None]
    if asked:
        p_values = np.array([verdicts[place].p_value for place in asked], dtype=float)
        shared = np.array([verdicts[place].share for place in asked])
        rejected[asked] |= step_down(p_values, shared, (1.0 - confidence) / 2.0)
    return rejected


def _is_below_the_limit(ece: Measurement) -> Verdict:
    return ece.below(LIMIT)


def runs_from(seed: int, runs: int) -> list[list[Run]]:
    """Return some runs, judged in every way at every level."""
    generator = np.random.default_rng([11, seed])
    found = []
    for _ in range(runs):
        groups = [answers(generator, "perfect") for _ in range(GROUPS)]
        true = [(measure(scores), claim) for scores in groups for measure, claim in TRUE]
        false = [(answers(generator, "overconfident 0.10").ece(), _is_below_the_limit) for _ in range(GROUPS)]
        found.append(
            [
                Run(
                    int(refuted(true, confidence, method).sum()),
                    float(refuted([*true[GROUPS:], *false], confidence, method)[-GROUPS:].mean()),
                )
                for confidence in CONFIDENCES
                for method in METHODS
            ]
        )
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    options = parser.parse_args()
    started, part = time.perf_counter(), 50
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = [pool.submit(runs_from, seed, part) for seed in range(-(-options.runs // part))]
        runs = [run for job in jobs for run in job.result()]
    print(f"| level | correction | red of {len(runs)} runs | promised | true claims refuted, of {GATES} | found |")
    print("|---:|---|---:|---:|---:|---:|")
    kinds = [(confidence, method) for confidence in CONFIDENCES for method in METHODS]
    for place, (confidence, method) in enumerate(kinds):
        own = [run[place] for run in runs]
        promised = "" if method == "none" else f"{(1.0 - confidence) / 2.0:.1%}"
        print(
            f"| {confidence:.0%} | {method} | {np.mean([run.refuted > 0 for run in own]):.1%} | {promised} "
            f"| {np.mean([run.refuted for run in own]):.2f} | {np.mean([run.found for run in own]):.1%} |"
        )
    print(f"\n(seconds: {time.perf_counter() - started:.0f})")


if __name__ == "__main__":
    main()
