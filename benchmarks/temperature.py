"""How long a temperature takes to fit, what it holds in memory and how good it is, beside its peers.

    python -m benchmarks.temperature [--repeats 3]

Logits of 5e4 items with 1000 choices in single precision, whose answers come true at T = 1.8. Each subject runs in a
fresh interpreter on the same arrays, read from a file; what it wants its input turned into is done before, and so is
the making of ``Scores``, which is a subject of its own. Its first call on a few rows loads what is loaded once, and its
next call tells the memory: by how much the greatest resident size has grown since its input was there. The least
processor time of the repeats counts. The NLL at the fitted T is computed by us for all. Peers that are not installed
are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.metrics import _installed, _peak, _version
from pytest_llmcal import Scores
from pytest_llmcal.calibrators.best_temperature import best_inverse_temperature
from pytest_llmcal.calibrators.temperature import Temperature

Array = npt.NDArray[Any]
Timed = Callable[[], float]

ITEMS, CHOICES, TRUTH = 50_000, 1000, 1.8
_FEW = 2000
OF_SCORES, OF_CHOICES, MAKING = "Temperature, from Scores", "its search, from Choices", "making Scores (at T = 1)"
SKLEARN, NETCAL = "scikit-learn", "netcal, float64"


class Seen(NamedTuple):
    """What one subject took, and the temperature it found."""

    wall: float
    cpu: float
    megabytes: float
    value: float


def answers() -> tuple[Array, Array]:
    """Return logits and right choices of a model that is overconfident by the temperature ``TRUTH``."""
    generator = np.random.default_rng(0)
    logits = 2.0 * TRUTH * generator.standard_normal((ITEMS, CHOICES), dtype=np.float32)
    labels = np.empty(ITEMS, dtype=np.intp)
    for rows in np.array_split(np.arange(ITEMS), 50):
        # The largest of logits with Gumbel noise is drawn from their softmax.
        labels[rows] = (logits[rows] / TRUTH + generator.gumbel(size=(len(rows), CHOICES))).argmax(axis=1)
    return logits, labels


def _of_scores(logits: Array, labels: Array) -> Timed:
    scores = Scores.from_logits(logits, labels)
    return lambda: Temperature().fit(scores).temperature or 0.0


def _of_choices(logits: Array, labels: Array) -> Timed:
    choices = Scores.from_logits(logits, labels).choices
    assert choices is not None
    return lambda: 1.0 / best_inverse_temperature(choices)[0]


def _making(logits: Array, labels: Array) -> Timed:
    return lambda: float(len(Scores.from_logits(logits, labels)))


def _sklearn(logits: Array, labels: Array) -> Timed:
    from sklearn.calibration import _TemperatureScaling

    return lambda: float(1.0 / _TemperatureScaling().fit(logits, labels).beta_)


def _netcal(logits: Array, labels: Array) -> Timed:
    from netcal.scaling import TemperatureScaling

    probabilities = np.exp(logits.astype(np.float64))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return lambda: float(1.0 / TemperatureScaling().fit(probabilities, labels).temperature[0])


SUBJECTS: dict[str, Callable[[Array, Array], Timed]] = {
    OF_SCORES: _of_scores,
    OF_CHOICES: _of_choices,
    MAKING: _making,
    SKLEARN: _sklearn,
    NETCAL: _netcal,
}


def measure(name: str, folder: Path, repeats: int) -> Seen:
    """Measure one subject in this process, which must be a fresh one."""
    warnings.simplefilter("ignore")
    logits, labels = np.load(folder / "logits.npy"), np.load(folder / "labels.npy")
    SUBJECTS[name](logits[:_FEW].copy(), labels[:_FEW].copy())()
    timed = SUBJECTS[name](logits, labels)
    before, taken, value = _peak(), [], 0.0
    megabytes = 0.0
    for repeat in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        value = timed()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
        if repeat == 0:
            megabytes = (_peak() - before) / 1024.0
    return Seen(*map(min, zip(*taken, strict=True)), megabytes, value)


def nll(logits: Array, labels: Array, temperature: float) -> float:
    """Return the mean negative log-likelihood at a temperature, in double precision, without our own classes."""
    total = 0.0
    for rows in np.array_split(np.arange(len(labels)), 50):
        scaled = logits[rows].astype(np.float64) / temperature
        total += float((np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(len(rows)), labels[rows]]).sum())
    return total / len(labels)


def table(repeats: int) -> dict[str, tuple[Seen, float]]:
    """Measure all subjects, print them and return them with their NLL."""
    seen = {}
    print(f"temperature of {ITEMS} x {CHOICES} logits (float32)")
    print(f"{'':<28}{'wall s':>9}{'CPU s':>9}{'MB':>7}{'T':>13}  NLL", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        logits, labels = answers()
        np.save(Path(folder) / "logits.npy", logits)
        np.save(Path(folder) / "labels.npy", labels)
        for name in filter(_installed, SUBJECTS):
            command = [sys.executable, "-m", "benchmarks.temperature", "--subject", name, "--folder", folder]
            told = subprocess.run([*command, "--repeats", str(repeats)], check=True, capture_output=True, text=True)
            row = Seen(*json.loads(told.stdout.splitlines()[-1]))
            temperature = 1.0 if name == MAKING else row.value
            seen[name] = row, nll(logits, labels, temperature)
            print(f"{name:<28}{row.wall:>9.3f}{row.cpu:>9.3f}{row.megabytes:>7.0f}", end="")
            print(f"{temperature:>13.8f}  {seen[name][1]:.9f}", flush=True)
    return seen


def targets(seen: dict[str, tuple[Seen, float]]) -> None:
    """Print each target and whether it is met."""

    def line(what: str, value: float, limit: float, unit: str, *, at_least: bool = False) -> None:
        met = value >= limit if at_least else value <= limit
        bound = "at least" if at_least else "at most"
        print(f"target {what}: {value:.3g}{unit}, {bound} {limit:g}{unit}: {'met' if met else 'not met'}")

    for ours in (OF_SCORES, OF_CHOICES):
        row, loss = seen[ours]
        line(f"{ours}, processor time", row.cpu, 1.2, " s")
        line(f"{ours}, memory over the input", row.megabytes, 100.0, " MB")
        for peer, times in ((SKLEARN, 4.0), (NETCAL, 8.0)):
            if peer in seen:
                theirs, their_loss = seen[peer]
                faster = min(theirs.cpu / row.cpu, theirs.wall / row.wall)
                line(f"{ours}, {peer} over it", faster, times, " times", at_least=True)
                line(f"{ours}, NLL above that of {peer}", loss - their_loss, 1e-6, "")


def main() -> None:
    """Print the table and the targets, or measure one subject for them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--subject", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.subject:
        print(json.dumps(measure(options.subject, options.folder, options.repeats)))
        return
    print(", ".join(f"{name} {_version(name) or 'not installed'}" for name in ("numpy", "scipy", SKLEARN, "netcal")))
    targets(table(options.repeats))


if __name__ == "__main__":
    main()
