"""What looking early costs and saves: the error of whole sequential runs, and the items they take.

    python -m benchmarks.sequential [--paths 2000] [--workers 2] [--shapes TEXT] [--markdown FILE]

For each shape of model, 10,000 answers are drawn again and again and judged at the looks of
``score.until``, for the claim that the calibration error is at most 0.05.

- "true < low ever" and "true > high ever": shares of runs in which the interval of any of the
  looks misses the true error. Whatever the limit and whenever one stops, refuting wrongly
  and holding wrongly are no more frequent. Each promises at most half of the error rate.
- "wrong", "right", "open": what becomes of the claim.
- "items", "90%": how many items were scored on average, and in nine runs of ten at most.
- "fixed": the best fixed number of items, the least one from which on a verdict looked for once,
  at the full error rate, is right as often as the sequential one (99 times of 100 where that is
  right more often still). At least as many as at the first look; none where all 10,000 items
  decide in less than half of the runs.
- "ratio": items over fixed, or over 10,000 where there is none.
- "betting": items on average until a confidence sequence refutes a claim that is wrong, if
  it is watched after every single item and given what the looks before the last may spend.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.betting import capital, first_time
from benchmarks.ece_interval import LIMIT, SHAPES, Shape
from pytest_llmcal.metrics.bin_sums import BinSums, bin_sums
from pytest_llmcal.statistics.calibration_error_interval import l1_interval
from pytest_llmcal.statistics.sequential import level, looks

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOST = 10_000
CONFIDENCES = (0.90, 0.95, 0.99)
LOOKS = looks(MOST)
ENDS = [look.items for look in LOOKS]
# Numbers of items that the best fixed one is sought among, a factor of 1.19 apart, and runs that it is read off.
SIZES = [round(MOST / 2.0 ** (step / 4)) for step in range(35) if MOST / 2.0 ** (step / 4) >= ENDS[0]][::-1]
FIXED_PATHS = 1000
MOST_POWER = 0.99
# A true error that is known to five digits only must not count as missed by an end equal to it.
KNOWN_TO = 1e-5

# Three times the limit, in three ways, beside the shapes of the other tables.
THRICE = {
    "overconfident 0.15": Shape(lambda g, n: g.beta(5.0, 1.5, n), lambda c: np.clip(c - 0.15, 0.0, 1.0)),
    "underconfident 0.15": Shape(lambda g, n: g.uniform(0.3, 0.8, n), lambda c: c + 0.15),
    "wrong by 0.15, bin by bin": Shape(
        lambda g, n: g.uniform(0.2, 0.8, n), lambda c: c + np.where(c * 15 % 2 < 1, 0.15, -0.15)
    ),
}
ALL_SHAPES = SHAPES | THRICE


class Row(NamedTuple):
    """One line of the table: shares from 0 to 1, and numbers of items."""

    shape: str
    truth: float
    confidence: float
    below_low: float
    above_high: float
    wrong: float
    right: float
    items: float
    items_90: float
    fixed: float | None
    betting: float | None

    @property
    def ratio(self) -> float:
        """Items over those of the best fixed number; over all where there is none."""
        return self.items / (MOST if self.fixed is None else self.fixed)


class Ends(NamedTuple):
    """Ends of the intervals of many runs, arrays of shape (runs, numbers of items)."""

    low: Values
    high: Values


def prefixes(confidence: Values, correct: Values, ends: Sequence[int]) -> list[BinSums]:
    """Return the sums of the first items, for each number of them."""
    total, start, sums = np.zeros((5, 15)), 0, []
    for end in ends:
        part = bin_sums(confidence[start:end], correct[start:end])
        total = total + np.array(list(vars(part).values()))
        sums.append(BinSums(*total))
        start = end
    return sums


def judge(name: str, paths: int) -> list[Row]:
    """Follow many runs of one shape."""
    shape, generator = ALL_SHAPES[name], np.random.default_rng([1, list(ALL_SHAPES).index(name)])
    truth = shape.true_error("l1", 15)
    at_looks = np.empty((len(CONFIDENCES), paths, len(ENDS), 2))
    at_sizes = np.empty((len(CONFIDENCES), min(paths, FIXED_PATHS), len(SIZES), 2))
    betting = np.empty((len(CONFIDENCES), paths))
    for run in range(paths):
        c = shape.draw(generator, MOST)
        correct = (generator.random(MOST) < shape.accuracy(c)).astype(np.float64)
        sums = prefixes(c, correct, ENDS)
        more = prefixes(c, correct, SIZES) if run < FIXED_PATHS else []
        grown = capital(c, correct, LIMIT)
        for place, confidence in enumerate(CONFIDENCES):
            levels = [level(confidence, look.share) for look in LOOKS]
            at_looks[place, run] = [l1_interval(*pair) for pair in zip(sums, levels, strict=True)]
            if more:
                at_sizes[place, run] = [l1_interval(one, confidence) for one in more]
            betting[place, run] = first_time(grown, (1.0 - confidence) / 2.0 * (1.0 - LOOKS[-1].share))
    return [
        row_of(
            name,
            truth,
            confidence,
            Ends(*np.moveaxis(at_looks[place], -1, 0)),
            Ends(*np.moveaxis(at_sizes[place], -1, 0)),
            float(betting[place].mean()),
        )
        for place, confidence in enumerate(CONFIDENCES)
    ]


def row_of(name: str, truth: float, confidence: float, looked: Ends, once: Ends, betting: float) -> Row:
    """Sum many runs up."""
    is_true = truth <= LIMIT
    right, wrong, items = stopped(*_decisions(looked, is_true))
    power = _decisions(once, is_true)[0].mean(axis=0)
    return Row(
        name,
        truth,
        confidence,
        float((looked.low > truth + KNOWN_TO).any(axis=1).mean()),
        float((looked.high < truth - KNOWN_TO).any(axis=1).mean()),
        wrong,
        right,
        float(items.mean()),
        float(np.quantile(items, 0.9)),
        best_fixed(power, min(right, MOST_POWER)),
        None if is_true else betting,
    )


def _decisions(ends: Ends, is_true: bool) -> tuple[Mask, Mask]:
    """Return where the right verdict comes out, and where the wrong one does."""
    holds, refuted = ends.high <= LIMIT, ends.low > LIMIT
    return (holds, refuted) if is_true else (refuted, holds)


def stopped(right: Mask, wrong: Mask) -> tuple[float, float, npt.NDArray[np.int64]]:
    """Return how often the first verdict is right, and wrong, and the items of each run."""
    decided = right | wrong
    first = np.where(decided.any(axis=1), decided.argmax(axis=1), len(ENDS) - 1)
    rows = np.arange(len(first))
    return float(right[rows, first].mean()), float(wrong[rows, first].mean()), np.array(ENDS)[first]


def best_fixed(power: Values, wanted: float) -> float | None:
    """Return the least number of items from which on the power is at least wanted; None if all decide too seldom."""
    if power[-1] < 0.5:
        return None
    lasting = np.minimum.accumulate(power[::-1])[::-1]
    if lasting[-1] <= wanted:
        return float(SIZES[-1])
    place = int(np.argmax(lasting >= wanted))
    if place == 0:
        return float(SIZES[0])
    step = (wanted - lasting[place - 1]) / (lasting[place] - lasting[place - 1])
    return float(SIZES[place - 1] * (SIZES[place] / SIZES[place - 1]) ** step)


HEAD = (
    *("model", "true", "level", "true < low ever", "true > high ever", "wrong", "right", "open"),
    *("items", "90%", "fixed", "ratio", "betting"),
)


def cells(row: Row) -> list[str]:
    """Return a row as texts."""
    rates = (row.below_low, row.above_high, row.wrong, row.right, 1.0 - row.wrong - row.right)
    numbers = ("none" if number is None else f"{number:.0f}" for number in (row.items, row.items_90, row.fixed))
    betting = "" if row.betting is None else f"{row.betting:.0f}"
    percent = (f"{100 * rate:.1f}%" for rate in rates)
    return [row.shape, f"{row.truth:.3f}", f"{row.confidence:.0%}", *percent, *numbers, f"{row.ratio:.2f}", betting]


def plain(texts: Sequence[str]) -> str:
    """Return one line of the printed table."""
    return f"{texts[0]:<28}" + "".join(
        f"{text:>{max(8, len(title) + 2)}}" for title, text in zip(HEAD[1:], texts[1:], strict=True)
    )


def markdown(rows: Sequence[Row]) -> str:
    """Return the table in Markdown."""
    lines = [HEAD, ("---", *("---:",) * (len(HEAD) - 1)), *map(cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def summary(rows: Sequence[Row]) -> list[str]:
    """Return what is promised and what came out, a line a level."""
    lines = []
    for confidence in CONFIDENCES:
        own = [row for row in rows if row.confidence == confidence]
        low, high = max(row.below_low for row in own), max(row.above_high for row in own)
        worst = max(own, key=lambda row: row.ratio)
        thrice = max((row.items for row in own if row.shape in THRICE), default=0.0)
        perfect = max((row.items for row in own if row.truth == 0.0), default=0.0)
        lines.append(
            f"{confidence:.0%}: true < low in at most {low:.1%} of runs, true > high in {high:.1%}, promised "
            f"{(1 - confidence) / 2:.1%}; thrice the limit takes {thrice / MOST:.1%} of the items, perfect models "
            f"{perfect / MOST:.1%}; worst ratio {worst.ratio:.2f} ({worst.shape})"
        )
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=2000, help="runs of each shape")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--shapes", default="", help="only shapes whose name holds this text")
    parser.add_argument("--markdown", type=Path, help="file to write the table to")
    options = parser.parse_args()
    started = time.perf_counter()
    names = [name for name in ALL_SHAPES if options.shapes in name]
    rows: list[Row] = []
    print(f"limit {LIMIT}, at most {MOST} items, {options.paths} runs a row")
    print(plain(HEAD))
    with ProcessPoolExecutor(options.workers) as pool:
        for found in pool.map(judge, names, repeat(options.paths)):
            print("\n".join(plain(cells(row)) for row in found), flush=True)
            rows += found
    print("\n".join(summary(rows)) + f"\n(seconds: {time.perf_counter() - started:.0f})")
    if options.markdown:
        options.markdown.write_text(markdown(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
