"""What every confidence method says about real answers and about those of the embedded world.

    python -m benchmarks.confidence [--methods a,b] [--limit N] [--data ../shared/data] [--markdown FILE]

"trivia": 20 answers of one language model to each of 500 questions, recorded without log-probabilities; what needs more
than these samples says "not recorded". "world": the questions of ``world/qa-written`` to ``world/gpt2``, or those of
``world/qa`` where the method is for choices. The table stands in docs/confidence.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pytest_llmcal import Scores, load_model, load_task
from pytest_llmcal.scoring import Model, ModelError, score
from pytest_llmcal.scoring.confidence import AnyMethod, create, names
from pytest_llmcal.scoring.confidence.naming import read_many
from pytest_llmcal.scoring.recorded import RecordedModel
from pytest_llmcal.tasks import Items, OpenItem, Writing

# By default the most probable text is judged, which is not among the samples.
ON_SAMPLES_ALONE = {
    "discrete_semantic_entropy": "discrete_semantic_entropy(answer='majority')",
    "semantic_entropy": "semantic_entropy(answer='majority')",
}
HEAD = (
    "| method | paper | cost of an item | needs | trivia: AUROC | AURC | ECE | world: AUROC | AURC | ECE |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


class Subject(NamedTuple):
    """A model, what it is asked, and what is said of a method that it cannot be asked by."""

    model: Model
    written: Items
    choices: Items | None
    otherwise: str


def trivia(data: Path, folder: Path, limit: int | None) -> Subject | None:
    """Give the recorded answers as a model; None where they are not there."""
    path = data / "tasks" / "triviaqa_samples.jsonl.gz"
    if not path.is_file():
        print(f"left out, not there: {path}")
        return None
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:limit]
    answers = folder / "answers.jsonl"
    said = [json.dumps({"id": str(place), "samples": row["samples"]}) for place, row in enumerate(rows)]
    answers.write_text("\n".join(said), encoding="utf-8")
    items = tuple(OpenItem(str(place), row["question"], (row["answer"],)) for place, row in enumerate(rows))
    return Subject(RecordedModel(answers, "trivia"), Items("trivia", "test", items, Writing()), None, "not recorded")


def world(limit: int) -> Subject:
    """Give the embedded model and its questions, with and without their choices."""
    written, choices = (load_task(name, limit=limit).test for name in ("world/qa-written", "world/qa"))
    return Subject(load_model("world/gpt2", device="cpu"), written, choices, "too long")


def measured(subject: Subject | None, method: AnyMethod) -> Scores | str:
    """Ask by one method; return why not where that cannot be."""
    if subject is None:
        return "left out"
    items = subject.written if method.kind == "written" else subject.choices
    if items is None:
        return "has no choices"
    try:
        return score(subject.model, items, confidence=method)
    except ModelError as error:
        print(f"  {subject.model.facts.name}: {error}")
        return subject.otherwise


def cells(found: Scores | str) -> str:
    """Return AUROC, AURC and ECE with their intervals, or in place of the first why there are none."""
    if isinstance(found, str):
        return f"{found} | |"
    numbers = (found.auroc(), found.aurc(), found.ece())
    return " | ".join(f"{each:.3f} [{each.low:.3f}, {each.high:.3f}]" for each in numbers)


def row(name: str, of_trivia: Subject | None, of_world: Subject) -> str:
    """Return the line of one method."""
    method = create(name)
    start = time.perf_counter()
    on_trivia = measured(of_trivia, create(ON_SAMPLES_ALONE.get(name, name)))
    on_world = measured(of_world, method)
    print(f"{name}: {time.perf_counter() - start:.1f} s", flush=True)
    known = f"| `{name}` | {method.paper} | {method.cost} | {method.needs}"
    return f"{known} | {cells(on_trivia)} | {cells(on_world)} |"


def table(methods: Sequence[str], of_trivia: Subject | None, of_world: Subject) -> str:
    """Return the table in Markdown."""
    return "\n".join([HEAD, *(row(name, of_trivia, of_world) for name in methods)])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", help="only these, with commas between them")
    parser.add_argument("--limit", type=int, default=500, help="items of each (default: 500)")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--markdown", type=Path, help="file to write the table to")
    options = parser.parse_args()
    methods = names() if options.methods is None else read_many(options.methods)
    with tempfile.TemporaryDirectory() as folder:
        found = table(methods, trivia(options.data, Path(folder), options.limit), world(options.limit))
    print(f"\n{found}")
    if options.markdown is not None:
        options.markdown.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
