"""What every calibrator does to real answers: before and after, on halves that it was not fitted on.

    python -m benchmarks.calibrators [--sets TEXT] [--methods a,b] [--data ../shared/data] [--markdown FILE]

Sets: three image classifiers, seven language models on five data sets each (one confidence an answer), and
``world/gpt2-overfit`` on the five tasks of the embedded world; and, to see what a calibrator does where there is
nothing to repair, ``world/gpt2``, which is calibrated. The data are looked for in ``--data``; sets that are
not there are left out and named.

All methods are compared by what they say about the chosen answer: ECE with its interval, Brier score and negative
log-likelihood of correctness given confidence ("inf": a wrong answer had confidence one). "helps" and "hurts" count the
sets on which the 95% interval of the paired difference of Brier scores lies wholly below, wholly above zero, "ranks
worse" those on which that of AUROC lies wholly below zero. A method that changes answers ("vector",
"matrix", ...) is judged by its own answers, and its accuracy stands beside.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from pytest_llmcal import Scores, calibrators, load_model, load_task
from pytest_llmcal.calibrators import CalibratorError
from pytest_llmcal.scoring import score

OVERFIT, CALIBRATED = "world/gpt2-overfit", "world/gpt2"
OF_CHOICES = frozenset({"temperature", "ensemble-temperature", "vector", "matrix", "dirichlet", "structured-matrix"})
# They need the model, or are made of the others.
LEFT_OUT = frozenset({"contextual", "batch", "pride", "pmi", "distillation"})


class Halves(NamedTuple):
    """A set of answers: those to fit on, and those to judge by."""

    name: str
    fit: Scores
    test: Scores


class Row(NamedTuple):
    """What one method did to one set."""

    name: str
    method: str
    before: Scores
    after: Scores
    seconds: float

    @property
    def effect(self) -> str:
        """Whether the Brier score became better, worse, or neither for sure."""
        difference = self.after.compare(self.before).brier()
        return "helps" if difference.high < 0.0 else "hurts" if difference.low > 0.0 else ""

    @property
    def ranks_worse(self) -> bool:
        """Whether right answers are told from wrong ones less well, for sure."""
        return self.after.compare(self.before).auroc().high < 0.0


def classifiers(data: Path) -> Iterator[Halves]:
    """Give the three image classifiers."""
    for path in sorted((data / "probabilities").glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            probabilities, labels = file["probs"].astype(np.float64), file["labels"].ravel()
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        # Zeros are the rounding of their dtype; a right choice of probability zero can be mended by no logit.
        probabilities = np.maximum(probabilities, 1e-12)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        ids = [str(row) for row in range(len(labels))]
        yield Halves(path.stem, *Scores.from_probabilities(probabilities, labels, ids=ids).split(0.5))


def language_models(data: Path) -> Iterator[Halves]:
    """Give the confidences of seven language models on five data sets."""
    for path in sorted((data / "llm_confidences").glob("*.csv.gz")):
        answers = Scores.from_table(path)
        answers = Scores(
            answers.confidence, answers.correct, ids=[str(row) for row in range(len(answers))], groups=answers.groups
        )
        for name, part in answers.by_group("dataset").items():
            yield Halves(f"{path.name.removesuffix('.csv.gz')} {name}", *part.split(0.5))


def world(model_name: str) -> Iterator[Halves]:
    """Give one model of the embedded world on its five tasks."""
    model = load_model(model_name, device="cpu")
    for name in ("qa", "translation", "summarization", "completion", "dialogue"):
        task = load_task(f"world/{name}")
        assert task.calibration is not None
        yield Halves(f"{model_name} {name}", score(model, task.calibration), score(model, task.test))


def calibrated(halves: Halves, method: str) -> Row | None:
    """Fit one method to one set; None where it takes other scores."""
    if method in OF_CHOICES and halves.fit.choices is None:
        return None
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", calibrators.AtBoundWarning)
        # Without choices there are no logits: annealing then searches over steps of the confidence.
        options = {"parameters": "binning"} if method == "annealing" and halves.fit.choices is None else {}
        fitted = calibrators.create(method, **options).fit(halves.fit)
    seconds = time.process_time() - started
    after = fitted.transform(halves.test)
    return Row(halves.name, method, halves.test.top_label(), after.top_label(), seconds)


def full_table(rows: list[Row]) -> str:
    """Return every method on every set in Markdown."""
    lines = ["| set | method | accuracy | ECE | Brier | NLL | | fit, s |", "|---|---|---:|---:|---:|---:|---|---:|"]
    seen: set[str] = set()
    for row in rows:
        if row.name not in seen:
            seen.add(row.name)
            lines.append(f"| {row.name} | before | {_numbers(row.before)} | | |")
        lines.append(f"| | {row.method} | {_numbers(row.after)} | {row.effect} | {row.seconds:.3f} |")
    return "\n".join(lines)


def _numbers(scores: Scores) -> str:
    ece = scores.ece()
    brier, nll = float(scores.brier()), float(scores.nll())
    return f"{scores.correct.mean():.3f} | {ece:.4f} [{ece.low:.3f}, {ece.high:.3f}] | {brier:.4f} | {nll:.4f}"


def summary(rows: list[Row]) -> str:
    """Return a line a method in Markdown: over how many sets it helps and hurts, and where most."""
    lines = [
        "| method | sets | helps | hurts | ranks worse | median ECE before | after | median fit, s | hurts most |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for method in dict.fromkeys(row.method for row in rows):
        own = [row for row in rows if row.method == method]
        effects = [row.effect for row in own]
        before, after = (median(float(getattr(row, side).ece()) for row in own) for side in ("before", "after"))
        worst = max(own, key=lambda row: float(row.after.brier()) - float(row.before.brier()))
        by = float(worst.after.brier()) - float(worst.before.brier())
        where = f"{worst.name}: Brier {by:+.4f}" if by > 0.0 else "nowhere"
        lines.append(
            f"| {method} | {len(own)} | {effects.count('helps')} | {effects.count('hurts')} | "
            f"{sum(row.ranks_worse for row in own)} | {before:.4f} | {after:.4f} | "
            f"{median(row.seconds for row in own):.3f} | {where} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="", help="only sets whose name holds this text")
    parser.add_argument("--methods", default="", help="only these, with commas between them")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--markdown", type=Path, help="file to write the tables to")
    options = parser.parse_args()
    methods = [name for name in calibrators.names() if name not in LEFT_OUT]
    methods = options.methods.split(",") if options.methods else methods
    rows: list[Row] = []
    sets = chain(classifiers(options.data), language_models(options.data), world(OVERFIT), world(CALIBRATED))
    for halves in sets:
        if options.sets not in halves.name:
            continue
        for method in methods:
            try:
                row = calibrated(halves, method)
            except CalibratorError as error:
                print(f"{halves.name}, {method}: {error}")
                continue
            rows += [] if row is None else [row]
        print(f"{halves.name}: {len(halves.fit)} items to fit on, {len(halves.test)} to judge by", flush=True)
    for place in ("probabilities", "llm_confidences"):
        if not (options.data / place).is_dir():
            print(f"left out: {options.data / place} is not there")
    calibrated_ones = [row for row in rows if row.name.startswith(f"{CALIBRATED} ")]
    to_repair = [row for row in rows if row not in calibrated_ones]
    parts = [
        "## Where there is something to repair",
        summary(to_repair),
        "## Where there is not",
        summary(calibrated_ones),
        "## All",
        full_table(rows),
    ]
    print("\n\n".join(parts))
    if options.markdown:
        options.markdown.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
