"""How often each way to judge a calibration error is wrong, over models whose true error is known.

    python -m benchmarks.operating_characteristics [--draws 2000] [--bootstrap-draws 200] [--workers 2]
        [--shapes TEXT] [--sizes 100,200] [--markdown FILE]

For each shape of model, number of items and level, answers are drawn again and again. Judged are

- "ours": the interval of ``scores.ece()``, on which ``below`` and ``above`` decide;
- "l2": that of ``scores.ece(norm="l2")``, held against the true L2 error;
- "score": the plain score interval of the squared error, its starting point;
- "bootstrap": percentiles of the plug-in error, in fewer draws;
- "naive": the plug-in error itself against the limit.

"low" and "high" are the shares of draws whose true error lies below the low, above the high end: how often
a verdict is wrong if the limit is the truth itself, the hardest one. No other limit errs more often, so each may be at
most half of the error rate. "wrong" and "right" are those of the claim that the error is at most 0.05, the rest is
undecided. "width" is the mean width.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from benchmarks.ece_interval import LIMIT, SHAPES, Shape
from benchmarks.other_intervals import bootstrap, score_interval
from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.metrics.calibration_error import combine_gaps
from pytest_llmcal.statistics.calibration_error_interval import l1_interval, l2_interval

SIZES = (100, 200, 500, 1000, 2000, 5000, 20_000)
LEVELS = (0.90, 0.95, 0.99)
BINS = 15
METHODS = ("ours", "l2", "score", "bootstrap", "naive")
KNOWN_TO = 1e-5  # the true errors are computed from four million draws
# One odd of a thousand that a cell with exactly the promised rate is counted as too high, over all cells of a method.
BY_CHANCE = 1e-3


class Cell(NamedTuple):
    """One method at one shape, number of items and level; shares from 0 to 1."""

    shape: str
    n: int
    level: float
    method: str
    draws: int
    truth: float
    low: float
    high: float
    wrong: float
    right: float
    width: float

    @property
    def promised(self) -> float:
        """How often each end may be wrong."""
        return (1.0 - self.level) / 2.0


def judge(name: str, n: int, draws: int, bootstrap_draws: int) -> list[Cell]:
    """Draw answers of one shape again and again, and judge them in every way at every level."""
    shape = SHAPES[name]
    generator = np.random.default_rng([7, list(SHAPES).index(name), n])
    ends: dict[str, list[list[tuple[float, float]]]] = {method: [] for method in METHODS}
    for draw in range(draws):
        c = shape.draw(generator, n)
        correct = generator.random(n) < shape.accuracy(c)
        sums = bin_sums(c, correct, BINS)
        for method, found in _ends(sums).items():
            ends[method].append(found)
        if draw < bootstrap_draws:
            ends["bootstrap"].append(bootstrap(generator, c, correct, BINS, LEVELS))
    return [
        _cell(shape, name, n, level, method, np.array(ends[method])[:, place])
        for method in METHODS
        for place, level in enumerate(LEVELS)
        if ends[method]
    ]


def _ends(sums: BinSums) -> dict[str, list[tuple[float, float]]]:
    naive = combine_gaps(sums.gap, sums.count, sums.items, "l1")
    return {
        "ours": [l1_interval(sums, level) for level in LEVELS],
        "l2": [l2_interval(sums, level) for level in LEVELS],
        "score": [score_interval(sums, level) for level in LEVELS],
        "naive": [(naive, naive)] * len(LEVELS),
    }


def _cell(shape: Shape, name: str, n: int, level: float, method: str, ends: npt.NDArray[np.float64]) -> Cell:
    truth = shape.true_error("l2" if method == "l2" else "l1", BINS)
    low, high = ends.T
    holds, refuted = float((high <= LIMIT).mean()), float((low > LIMIT).mean())
    right, wrong = (holds, refuted) if truth <= LIMIT else (refuted, holds)
    missed = float((low > truth + KNOWN_TO).mean()), float((high < truth - KNOWN_TO).mean())
    return Cell(name, n, level, method, len(ends), truth, *missed, wrong, right, float((high - low).mean()))


def most_by_chance(promised: float, draws: int, cells: int) -> float:
    """Return the highest rate of so many cells that chance may well give where each one's is as promised."""
    return float(binom.isf(BY_CHANCE / cells, draws, promised)) / draws


def verdict_of(cells: Sequence[Cell], level: float, method: str) -> str:
    """Say in one line whether a method keeps a level."""
    own = [cell for cell in cells if cell.level == level and cell.method == method]
    rates = [rate for cell in own for rate in (cell.low, cell.high)]
    allowed = most_by_chance(own[0].promised, own[0].draws, len(rates))
    beyond = sum(rate > allowed for rate in rates)
    return (
        f"{method:<10}{level:>5.0%}: worst low {max(cell.low for cell in own):.1%}, worst high "
        f"{max(cell.high for cell in own):.1%}; promised {own[0].promised:.1%}, by chance up to {allowed:.1%}: "
        f"{'kept in all' if not beyond else f'{beyond} beyond it'} of {len(rates)} rates"
    )


def powers(cells: Sequence[Cell], level: float) -> str:
    """Compare our share of right verdicts with that of the score interval, in the cells where that one keeps its level.

    There both of its ends err in no more than the promised rate and two standard errors.
    """
    ours, score = ({(c.shape, c.n): c for c in cells if (c.level, c.method) == (level, m)} for m in ("ours", "score"))
    error = math.sqrt((1.0 - level) / 2.0 / next(iter(score.values())).draws)
    places = [place for place, c in score.items() if max(c.low, c.high) <= c.promised + 2.0 * error]
    more = {place: ours[place].right - score[place].right for place in places}
    least = min(more, key=lambda place: more[place])
    return (
        f"right verdicts at {level:.0%}: where the score interval keeps its level ({len(places)} of {len(score)} "
        f"cells), ours come out from {100 * more[least]:+.1f} points ({least[0]}, n = {least[1]}) "
        f"to {100 * max(more.values()):+.1f} points as often"
    )


def table(cells: Sequence[Cell], level: float, methods: Iterable[str] = METHODS) -> str:
    """Return the table of one level in Markdown: low / high / wrong / right in percent, and width."""
    methods = list(methods)
    rows = {(cell.shape, cell.n): {} for cell in cells}  # type: dict[tuple[str, int], dict[str, Cell]]
    for cell in cells:
        if cell.level == level:
            rows[cell.shape, cell.n][cell.method] = cell
    head = ["model", "true", "n", *methods]
    lines = [head, ["---", "---:", "---:", *["---:"] * len(methods)]]
    for (shape, n), found in rows.items():
        texts = [_text(found[method]) if method in found else "" for method in methods]
        lines.append([shape, f"{found['ours'].truth:.3f}", str(n), *texts])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(cell: Cell) -> str:
    rates = " / ".join(f"{100 * rate:.1f}" for rate in (cell.low, cell.high, cell.wrong, cell.right))
    return f"{rates}; {cell.width:.3f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000, help="draws of each cell")
    parser.add_argument("--bootstrap-draws", type=int, default=200, help="draws of the bootstrap's cells")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--shapes", default="", help="only shapes whose name holds this text")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of items")
    parser.add_argument("--markdown", type=Path, help="file to write the tables to")
    options = parser.parse_args()
    started = time.perf_counter()
    sizes = [int(size) for size in options.sizes.split(",")]
    places = list(product([name for name in SHAPES if options.shapes in name], sizes))
    cells: list[Cell] = []
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = [pool.submit(judge, name, n, options.draws, options.bootstrap_draws) for name, n in places]
        for job in jobs:
            cells += job.result()
    methods = [method for method in METHODS if any(cell.method == method for cell in cells)]
    parts = [f"### {level:.0%}\n\n{table(cells, level, methods)}\n" for level in LEVELS]
    lines = [verdict_of(cells, level, method) for method in methods for level in LEVELS]
    lines += [powers(cells, level) for level in LEVELS]
    print("low / high / wrong / right in percent; mean width\n")
    print("\n".join([*parts, *lines, f"({options.draws} draws a cell, {time.perf_counter() - started:.0f} seconds)"]))
    if options.markdown:
        options.markdown.write_text("\n".join(["```text", *lines, "```\n", *parts]), encoding="utf-8")


if __name__ == "__main__":
    main()
