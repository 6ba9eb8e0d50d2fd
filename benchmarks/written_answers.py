"""What gates see of written answers: those of the embedded world, and those that real systems gave.

    python -m benchmarks.written_answers [--data ../shared/data]

Of each set one half, or the world's calibration split, is what calibrators are fitted on, and the other is what is
shown. The table stands in docs/written-answers.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import _recordings as recordings
from pytest_llmcal import Scores, calibrators, load_model, load_task
from pytest_llmcal.measurement import Measurement
from pytest_llmcal.scoring import Model, score
from pytest_llmcal.tasks import OpenItem, Task
from pytest_llmcal.world import RUNNING_TEXT, WRITTEN_NAMES

HEAD = (
    "| answers | judged by | confidence | items | right | confident | ECE | after `platt` | after `isotonic` |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


class Seen(NamedTuple):
    """Answers of one kind, those to fit on and those to look at."""

    answers: str
    judged_by: str
    confidence: str
    fitted_on: Scores
    shown: Scores


def of_task(name: str, model: Model, task: Task, confidence: str | None) -> Seen:
    """Have both splits of a task answered."""
    assert task.calibration is not None
    fitted_on, shown = (
        score(model, split, confidence=confidence, progress=False) for split in (task.calibration, task.test)
    )
    writing = task.test.writing
    told = confidence or ("sequence_probability" if writing else "of the next token")
    return Seen(
        name,
        f"`{writing.correctness}`" if writing else "the next token",
        f"`{told}`" if writing else told,
        fitted_on,
        shown,
    )


def of_the_world() -> Iterator[Seen]:
    """Have the calibrated model write."""
    model = load_model("world/gpt2", device="cpu")
    for name in (*WRITTEN_NAMES, RUNNING_TEXT):
        yield of_task(f"`{name}`", model, load_task(name), None)


def of_real_systems(data: Path) -> Iterator[Seen]:
    """Have recorded answers replayed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task, answers = recordings.trivia(folder, data)
        agreement = "self_consistency(samples=20)"
        yield of_task("trivia, a language model", load_model(f"recorded:{answers}"), load_task(task), agreement)
        for pair in ("en_de", "ro_en"):
            task, answers = recordings.translation(folder, data, pair)
            model = load_model(f"recorded:{answers}")
            yield of_task(f"translation {pair.replace('_', '-')}, NMT", model, load_task(task), "sequence_mean")
        whole = Scores.from_table(recordings.summaries(folder, data))
        yield Seen(
            "summaries, three systems", "votes of people", "entailment by a classifier", *whole.split(0.5, seed=0)
        )
        yield of_dialogue(folder, data)


def of_dialogue(folder: Path, data: Path) -> Seen:
    """Have a model of stories say how likely the replies of another are."""
    task = load_task(recordings.described(folder, data, recordings.DIALOGUE, "dialogue"))
    assert task.calibration is not None
    items = [item for split in (task.test, task.calibration) for item in split if isinstance(item, OpenItem)]
    outsider = load_model(data.parent / "models" / "stories260K", device="cpu", truncate="left")
    answers = recordings.dialogue(folder, items, outsider)
    return of_task("dialogue, how likely to `stories260K`", load_model(f"recorded:{answers}"), task, "sequence_mean")


def line(seen: Seen) -> str:
    """Return a row of the table."""
    repaired = (
        calibrators.create(name).fit(seen.fitted_on).transform(seen.shown).ece() for name in ("platt", "isotonic")
    )
    right, confident = float(seen.shown.accuracy()), float(seen.shown.confidence.mean())
    figures = [
        f"{len(seen.shown):,}",
        f"{right:.3f}",
        f"{confident:.3f}",
        *map(interval, (seen.shown.ece(), *repaired)),
    ]
    return f"| {' | '.join([seen.answers, seen.judged_by, seen.confidence, *figures])} |"


def interval(measured: Measurement) -> str:
    """Write a measurement with its interval."""
    return f"{float(measured):.3f} [{measured.low:.3f}, {measured.high:.3f}]"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    data = parser.parse_args().data
    print(HEAD)
    for seen in of_the_world():
        print(line(seen), flush=True)
    if not data.is_dir():
        print(f"left out, not there: {data}")
        return
    for seen in of_real_systems(data):
        print(line(seen), flush=True)


if __name__ == "__main__":
    main()
