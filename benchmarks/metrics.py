"""How long our metrics take, what they hold in memory and what they return, beside their peers.

    python -m benchmarks.metrics [--repeats 7]

Each subject runs in a fresh interpreter on the same arrays, read from a file. Its first call tells the
memory: by how much the greatest resident size (``ru_maxrss``) has grown since the input was there, after a
call on a few rows has loaded what is loaded once. Memory that was freed before is used again unseen, so a
few megabytes may be missing. Then come the repeats, taking turns with the plain numpy way, so that both meet
the same noise; the best of each counts. "x plain" is the ratio of these two, by processor time. "/ ours" and
"/ Scores" divide two such ratios, by the wall clock or by processor time, whichever says less for us: one
favours threads, and the other, on a busy machine, what is over soon. The last lines say which targets
are met. Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import _metric_subjects as subjects
from benchmarks._metric_subjects import EXACT, METRIC, PLAIN, SCORES, Subject

PEERS = ("torchmetrics", "relplot", "netcal", "uncertainty-calibration", "MAPIE", "scikit-learn")
MILLIONS = (10**5, 10**6, 10**7)
# Repeats end where they have taken so long, so that the slowest peers run twice.
_SECONDS = 4.0
_FEW = 2000
_KIB_A_UNIT = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes


class Case(NamedTuple):
    """One table: who computes a number, from what, and what their time is held against."""

    title: str
    make: Callable[[int], tuple[Any, Any]]
    items: int
    subjects: dict[str, Subject]
    plain: Subject


class Seen(NamedTuple):
    """What one subject took."""

    wall: float
    cpu: float
    plain_wall: float
    plain_cpu: float
    megabytes: float
    value: float

    @property
    def over_plain(self) -> float:
        """Processor time over that of the plain way in the same process."""
        return self.cpu / self.plain_cpu

    def over(self, ours: Seen) -> float:
        """How many times as long as ours this took, by the clock that says less."""
        by_wall = (self.wall / self.plain_wall) / (ours.wall / ours.plain_wall)
        return min(by_wall, self.over_plain / ours.over_plain)


def _binary(title: str, items: int, of: dict[str, Subject]) -> Case:
    return Case(title, subjects.answers, items, of, subjects.BINARY[PLAIN])


CASES = {
    "binary": _binary("ECE over 15 bins of 1e7 confidences (float64)", 10**7, subjects.BINARY),
    "sureness": _binary("ECE of 1e5 confidences, and how sure it is", 10**5, subjects.SURENESS),
    "auroc": _binary("AUROC of 1e6 confidences", 10**6, subjects.AUROC),
    "brier": _binary("Brier score of 1e6 confidences", 10**6, subjects.BRIER),
    "nll": _binary("NLL of 1e6 confidences", 10**6, subjects.NLL),
    "curve": _binary("reliability curve of 1e6 confidences (value: sum of its accuracies)", 10**6, subjects.CURVE),
    "top label": Case(
        "top-label ECE of 1e5 x 1000 probabilities (float32)",
        subjects.classifier,
        10**5,
        subjects.TOP_LABEL,
        subjects.TOP_LABEL[PLAIN],
    ),
    "classwise": Case(
        "classwise ECE of 1e5 x 1000 probabilities (float32)",
        subjects.classifier,
        10**5,
        subjects.CLASSWISE,
        subjects.TOP_LABEL[PLAIN],
    ),
    **{f"growth {n}": _binary(f"growth, n = {n}", n, subjects.GROWTH) for n in MILLIONS},
}


def measure(case: Case, name: str, folder: Path, repeats: int) -> Seen:
    """Measure one subject in this process, which must be a fresh one."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    values, truth = np.load(folder / "values.npy"), np.load(folder / "truth.npy")
    subject = case.subjects[name]
    subject(values[:_FEW].copy(), truth[:_FEW].copy())()
    timed, plain = subject(values, truth), case.plain(values, truth)
    # After a large array was freed, C libraries keep what is freed for the next one, as in a process that has worked
    # for a while; else each temporary of the plain way may be asked of the system anew, at three times its cost.
    np.ones(3 << 20).sum()
    before = _peak()
    value = float(timed())
    megabytes = (_peak() - before) / 1024.0
    taken, beside = [], []
    started = time.perf_counter()
    while len(taken) < 2 or (len(taken) < repeats and time.perf_counter() - started < _SECONDS):
        taken.append(_seconds(timed))
        beside.append(_seconds(plain))
        if name == EXACT:
            break
    best = [min(times) for pairs in (taken, beside) for times in zip(*pairs, strict=True)]
    return Seen(*best, megabytes, value)


def _peak() -> float:
    """Return the greatest resident size of this process so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_A_UNIT


def _seconds(function: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu


def _make(case: Case, folder: Path) -> None:
    values, truth = case.make(case.items)
    np.save(folder / "values.npy", values)
    np.save(folder / "truth.npy", truth)


def _fresh(*arguments: str) -> str:
    """Run this module in a fresh interpreter: a process starts with the peak of the one it came from."""
    command = [sys.executable, "-m", "benchmarks.metrics", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{arguments}:\n{done.stderr}")
    return done.stdout.splitlines()[-1] if done.stdout else ""


def _installed(name: str) -> bool:
    peer = next((peer for peer in PEERS if name.startswith(peer)), None)
    return peer is None or _version(peer) is not None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def table(key: str, repeats: int) -> dict[str, Seen]:
    """Measure all subjects of a case and print them."""
    case = CASES[key]
    seen = {}
    print(f"\n{case.title}")
    print(f"{'':<26}{'wall s':>9}{'CPU s':>9}{'x plain':>9}{'/ ours':>9}{'/ Scores':>9}{'MB':>7}  value", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        _fresh("--make", key, "--folder", folder)
        for name in filter(_installed, case.subjects):
            row = Seen(*json.loads(_fresh("--subject", key, name, "--folder", folder, "--repeats", str(repeats))))
            seen[name] = row
            print(f"{name:<26}{row.wall:>9.4f}{row.cpu:>9.4f}{row.over_plain:>9.2f}", end="")
            for ours in (METRIC, SCORES):
                print(f"{row.over(seen[ours]):>9.2f}" if ours in seen else " " * 9, end="")
            print(f"{row.megabytes:>7.0f}  {row.value:.15g}", flush=True)
    return seen


def growth(repeats: int) -> dict[str, list[float]]:
    """Print the time an item of each of our metrics, and return it in nanoseconds."""
    an_item: dict[str, list[float]] = {name: [] for name in subjects.GROWTH}
    print("\nprocessor time an item in nanoseconds; in brackets, over that of the plain way beside it")
    print(f"{'':<26}" + "".join(f"{f'n = {n:.0e}':>20}" for n in MILLIONS))
    rows = {name: f"{name:<26}" for name in subjects.GROWTH}
    for n in MILLIONS:
        with tempfile.TemporaryDirectory() as folder:
            _fresh("--make", f"growth {n}", "--folder", folder)
            for name in subjects.GROWTH:
                told = _fresh("--subject", f"growth {n}", name, "--folder", folder, "--repeats", str(repeats))
                row = Seen(*json.loads(told))
                an_item[name].append(1e9 * row.cpu / n)
                rows[name] += f"{an_item[name][-1]:>12.1f} ({row.over_plain:>4.1f}) "
    print("\n".join(rows.values()), flush=True)
    return an_item


def targets(seen: dict[str, dict[str, Seen]], an_item: dict[str, list[float]]) -> None:
    """Print each target and whether it is met."""

    def line(what: str, value: float, limit: float, unit: str, *, at_least: bool = False) -> None:
        met = value >= limit if at_least else value <= limit
        bound = "at least" if at_least else "at most"
        print(f"target {what}: {value:.3g}{unit}, {bound} {limit:g}{unit}: {'met' if met else 'not met'}")

    print()
    binary, top, classwise = seen["binary"], seen["top label"], seen["classwise"]
    for name, call in ((METRIC, "calibration_error"), (SCORES, "Scores.ece()")):
        line(f"{call} at 1e7, over plain numpy", binary[name].over_plain, 1.5, " times")
        if "torchmetrics" in binary:
            faster = binary["torchmetrics"].over(binary[name])
            line(f"{call} at 1e7, torchmetrics over it", faster, 12.0, " times", at_least=True)
            faster = top["torchmetrics"].over(top[name])
            line(f"top label, {call}, torchmetrics over it", faster, 10.0, " times", at_least=True)
        line(f"top label, {call}, memory over the input", top[name].megabytes, 20.0, " MB")
        line(f"classwise, {'its sums' if name == METRIC else name}, time", classwise[name].wall, 1.2, " s")
        line(f"classwise, {'its sums' if name == METRIC else name}, memory", classwise[name].megabytes, 200.0, " MB")
    sureness = seen["sureness"]
    line("interval and noise floor at 1e5", 1e3 * sureness["ours, interval and floor"].wall, 50.0, " ms")
    line("Scores.ece() at 1e5, all of it", 1e3 * sureness[SCORES].wall, 50.0, " ms")
    for name, times in an_item.items():
        # A sort's logarithm alone makes 1.4 of it.
        line(f"{name}, time an item at 1e7 over that at 1e5", times[-1] / times[0], 1.5, " times")


def main() -> None:
    """Print all tables and the targets, or measure one subject for them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this table, without the targets")
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--subject", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        _make(CASES[options.make], options.folder)
    elif options.subject:
        key, name = options.subject
        print(json.dumps(measure(CASES[key], name, options.folder, options.repeats)))
    elif options.case:
        for key in options.case:
            table(key, options.repeats)
    else:
        known = (f"{name} {_version(name) or 'not installed'}" for name in ("numpy", "scipy", "torch", *PEERS))
        print(f"best of {options.repeats}; {', '.join(known)}")
        seen = {key: table(key, options.repeats) for key in CASES if not key.startswith("growth")}
        targets(seen, growth(options.repeats))


if __name__ == "__main__":
    main()
