"""The command ``llmcal``: reports, runs that meet, tasks, plans, confidence, calibration, distillation, the cache."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcal import history
from pytest_llmcal.cli.arguments import positive
from pytest_llmcal.cli.baseline import add_baseline
from pytest_llmcal.cli.cache import CacheError, add_cache
from pytest_llmcal.cli.calibrate import CalibrationError, add_calibrate
from pytest_llmcal.cli.compare import add_compare
from pytest_llmcal.cli.distill import DistillationError, add_distill
from pytest_llmcal.cli.elicit import ElicitationError, add_elicit
from pytest_llmcal.cli.timeline import add_history
from pytest_llmcal.records import Run, RunError, schema_text
from pytest_llmcal.tasks import AnyItem, Item, Items, OpenItem, TaskError, Text, Writing

if TYPE_CHECKING:
    from pytest_llmcal.scores import Plan


class PlanError(ValueError):
    """A plan cannot be made; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 where it judges and what it judges is bad, 2 for misuse.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``llmcal``; by default those of the process.
    """
    options = _parser().parse_args(arguments)
    try:
        done: list[str] | tuple[list[str], int] = options.run(options)
    except OSError as error:
        return _refuse(str(error) if error.filename is None else f"{error.filename}: {error.strerror}")
    except (RunError, TaskError, PlanError, CacheError, *_OF_MODELS, *_OF_HISTORY) as error:
        return _refuse(str(error))
    lines, status = done if isinstance(done, tuple) else (done, 0)  # a command that judges says its exit code too
    _say(lines)
    return status


_OF_MODELS = (CalibrationError, DistillationError, ElicitationError)
_OF_HISTORY = (history.MergeError, history.BaselineError, history.ComparisonError, history.ItemFileError)


def _say(lines: Sequence[str]) -> None:
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201  # a command prints
    except BrokenPipeError:
        # The reader, head for instance, has enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(reason: str) -> int:
    print(f"llmcal: {reason}", file=sys.stderr)  # noqa: T201  # a command prints
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llmcal", description="Reports, tasks and plans of pytest-llmcal, without pytest."
    )
    parser.add_argument("--version", action="version", version=f"pytest-llmcal {version('pytest-llmcal')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    render = commands.add_parser("render", help="write the report of a run", description="Write the report of a run.")
    render.add_argument("file", metavar="RUN.json", type=Path, help="what a run of pytest wrote")
    render.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for index.html and run.json")
    render.add_argument(
        "--assets",
        action="store_true",
        help="a folder to serve: a page for each model, stylesheet and script beside them",
    )
    render.set_defaults(run=_render)

    merge = commands.add_parser(
        "merge", help="join runs into one", description="Join runs of different gates or models."
    )
    merge.add_argument("files", metavar="RUN.json", type=Path, nargs="+", help="what runs of pytest wrote")
    merge.add_argument("--out", metavar="RUN.json", type=Path, required=True, help="file for the run of all")
    merge.set_defaults(run=_merge)

    summary = commands.add_parser(
        "summary",
        help="print the answer of a run in Markdown",
        description="Print the answer of a run in Markdown, for instance to append it to $GITHUB_STEP_SUMMARY.",
    )
    summary.add_argument("file", metavar="RUN.json", type=Path, help="what a run of pytest wrote")
    summary.add_argument("--report", metavar="WHERE", help="where the full report lies: an https address or a path")
    summary.set_defaults(run=_summary)

    add_compare(commands)
    add_baseline(commands)
    add_history(commands)
    tasks = commands.add_parser(
        "tasks", help="list the embedded tasks and models, or show a task", description="List or show tasks."
    )
    tasks.add_argument("name", metavar="TASK", nargs="?", help="task to show, for instance world/qa or a file")
    tasks.add_argument("--items", metavar="N", type=positive, default=3, help="how many items to show (default: 3)")
    tasks.set_defaults(run=_tasks)

    schema = commands.add_parser("schema", help="print the JSON Schema of run.json", description="Print it.")
    schema.set_defaults(run=_schema)
    _add_plan(commands)
    add_calibrate(commands)
    add_elicit(commands)
    add_distill(commands)
    add_cache(commands)
    return parser


def _add_plan(commands: Any) -> None:
    planned = commands.add_parser(
        "plan",
        help="say how many items a gate needs",
        description="Say how many items scores.ece().below(LIMIT) needs to come out right.",
    )
    planned.add_argument("--limit", metavar="X", type=float, required=True, help="the gate's limit, for instance 0.05")
    planned.add_argument(
        "--true-error", metavar="X", type=float, help="what the model's ECE may be in truth (default: the pilot's)"
    )
    planned.add_argument(
        "--confidence", metavar="LEVEL", type=float, default=0.95, help="level of the interval (default: 0.95)"
    )
    planned.add_argument(
        "--power", metavar="SHARE", type=float, default=0.8, help="how often the verdict shall be right (default: 0.8)"
    )
    where = planned.add_mutually_exclusive_group()
    where.add_argument(
        "--pilot",
        metavar="FILE",
        type=Path,
        help="scores of some items, as .csv, .jsonl or .parquet: where confidences lie",
    )
    where.add_argument(
        "--profile",
        metavar="NAME",
        default="peaked",
        help="where confidences lie without a pilot: peaked, spread, sure, levels, or 0.6,0.8,1 (default: peaked)",
    )
    planned.set_defaults(run=_plan)


def _render(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.report import write  # Jinja2 is not needed by the other commands

    return [str(write(Run.read(options.file), options.out, assets=options.assets))]


def _summary(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.report.markdown import markdown

    return [markdown(Run.read(options.file), options.report).rstrip()]


def _merge(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.history.items import ItemScores  # scipy is not needed by the other commands

    merged = history.merge([Run.read(path) for path in options.files])
    items = ItemScores.joined(ItemScores.beside(path) for path in options.files)
    written = merged.write(options.out)
    items.write_beside(written)
    return [str(written)]


def _schema(_: argparse.Namespace) -> list[str]:
    return [schema_text().rstrip()]


def _tasks(options: argparse.Namespace) -> list[str]:
    return _list_world() if options.name is None else _show_task(options.name, options.items)


def _list_world() -> list[str]:
    from pytest_llmcal.world import MODEL_NAMES, RUNNING_TEXT, TASK_NAMES, WRITTEN_NAMES
    from pytest_llmcal.world.bias import BIAS

    tasks = [f"  {name}" for name in (*TASK_NAMES, *WRITTEN_NAMES, RUNNING_TEXT, BIAS)]
    return ["Tasks", *tasks, "Models", *(f"  {name}" for name in MODEL_NAMES)]


def _show_task(name: str, items: int) -> list[str]:
    from pytest_llmcal.tasks import load_task

    task = load_task(name)
    splits = [_counted(split) for split in (task.calibration, task.test) if split is not None]
    lines = [f"{task.name}: {', '.join(splits)}, from {task.source}; * marks the right answer"]
    if task.test.writing is not None:
        lines += [_written(task.test.writing)]
    for item in _first(task.test, items):
        lines += ["", *_described(item)]
    return lines


def _plan(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.scores import Scores, ScoresError, plan  # scipy is not needed by the other commands

    try:
        made = plan(
            options.limit,
            options.true_error,
            confidence=options.confidence,
            power=options.power,
            pilot=Scores.from_table(options.pilot) if options.pilot else None,
            profile=_profile(options.profile),
        )
    except ScoresError as error:
        raise PlanError(str(error)) from None
    return [made.explain(), "", *_chances(made)]


def _profile(text: str) -> str | list[float]:
    """Read levels such as ``0.6,0.8,1``; anything else is a name."""
    try:
        return [float(level) for level in text.split(",")]
    except ValueError:
        return text


def _chances(made: Plan) -> Iterator[str]:
    yield f"{'items':>9}{'holds':>9}{'undecided':>12}{'refuted':>10}"
    for items, chances in made.table:
        holds, undecided, refuted = (f"{100 * chance:.0f}%" for chance in chances)
        yield f"{items:>9,}{holds:>9}{undecided:>12}{refuted:>10}"


def _counted(items: Items) -> str:
    return f"{len(items):,} {items.split} {'item' if len(items) == 1 else 'items'}"


def _written(writing: Writing) -> str:
    ends = f", to {' or '.join(map(repr, writing.stop))}" if writing.stop else ""
    return f"answers are written: at most {writing.max_tokens:,} tokens{ends}, judged by {writing.correctness}"


def _first(items: Items, number: int) -> list[AnyItem]:
    return [items[index] for index in range(min(number, len(items)))]


def _described(item: AnyItem) -> list[str]:
    groups = "".join(f", {name}={value}" for name, value in item.groups.items())
    if isinstance(item, Text):
        return [f"{item.id}{groups}", item.text]
    if isinstance(item, OpenItem):
        judged = [] if item.judged is None else [f"  judged {item.judgement:.3g}: {item.judged.strip()}"]
        references = (f"  * {reference.strip()}" for reference in item.references)
        return [f"{item.id}{groups}", item.prompt, *references, *judged]
    truth = item.truth or (None,) * len(item.choices)
    choices = (_choice(item, *entry) for entry in enumerate(zip(item.choices, truth, strict=True)))
    return [f"{item.id}{groups}", item.prompt, *choices]


def _choice(item: Item, index: int, choice: tuple[str, float | None]) -> str:
    text, odds = choice
    mark = "*" if index == item.answer else "-"
    return f"  {mark} {text.strip()}" + ("" if odds is None else f"  (true odds {odds:.3f})")
