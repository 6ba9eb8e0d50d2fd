"""``llmcal elicit``: which way of asking a model how sure it is says most about whether it is right."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pytest_llmcal.cli.arguments import add_chat, chat_of, positive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcal.cli.elicitation import Refused, Trial
    from pytest_llmcal.scoring import Model
    from pytest_llmcal.tasks import Task


class ElicitationError(ValueError):
    """Methods cannot be compared; the text says why."""


def add_elicit(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "elicit",
        help="compare the ways of asking a model how sure it is",
        description="Ask a model the items of a task with every method that says how sure it is, and compare them: "
        "AURC, AUROC and ECE on the test split, and NLL there after a calibrator fitted on the calibration split.",
    )
    parser.add_argument("--model", metavar="MODEL", required=True, help="a folder, a hub name or world/...")
    parser.add_argument("--task", metavar="TASK", required=True, help="a name or a file, with a calibration split")
    parser.add_argument(
        "--methods",
        metavar="A,B,...",
        help="names, perhaps with options: 'sequence_mean,p_true(shown=4)' (default: all for such answers)",
    )
    parser.add_argument(
        "--calibrator", metavar="NAME", default="platt", help="of confidences, for the NLL after it (default: platt)"
    )
    parser.add_argument("--limit", metavar="N", type=positive, help="first items of each split (default: all)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of what methods draw (default: 0)")
    parser.add_argument("--device", metavar="DEVICE", default="auto", help="as --llmcal-device (default: auto)")
    add_chat(parser)
    parser.set_defaults(run=_elicit)


def _elicit(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal import calibrators
    from pytest_llmcal.calibrators import CalibratorError
    from pytest_llmcal.measurement import MeasurementError
    from pytest_llmcal.scores import ScoresError
    from pytest_llmcal.scoring import ModelError, load_model

    try:
        calibrators.create(options.calibrator)  # a wrong one is found out at once
        task = _task(options.task, options.limit)
        names = _names(options.methods, task)
        model = load_model(options.model, device=options.device, **chat_of(options))
        try:
            return _compared(model, task, names, options)
        finally:
            model.close()
    except (CalibratorError, MeasurementError, ModelError, ScoresError) as error:
        raise ElicitationError(str(error)) from None


def _task(name: str, limit: int | None) -> Task:
    from pytest_llmcal.tasks import load_task

    task = load_task(name, limit=limit)
    if task.calibration is None:
        raise ElicitationError(f"the task {name!r} keeps no calibration split, so no confidence can be calibrated")
    return task


def _names(given: str | None, task: Task) -> Sequence[str]:
    from pytest_llmcal.scoring.confidence import kind_of, method_for, names
    from pytest_llmcal.scoring.confidence.naming import identity, read_many

    kind = kind_of(task.test)
    if kind == "running text":
        raise ElicitationError(f"the task {task.name!r} is running text, whose confidence is always that of the token")
    if given is None:
        return names(kind)
    chosen: dict[tuple[object, ...], str] = {}
    for name in read_many(given):  # two spellings of one method are asked once
        chosen.setdefault(identity(method_for(name, task.test)), name)
    return tuple(chosen.values())


def _compared(model: Model, task: Task, names: Sequence[str], options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.cli.elicitation import Trial, lines, tried

    done = [tried(model, task, name, options.calibrator, options.seed) for name in names]
    trials: list[Trial] = [each for each in done if isinstance(each, Trial)]
    refused: list[Refused] = [each for each in done if not isinstance(each, Trial)]
    if not trials:
        raise ElicitationError("; ".join(f"{each.name}: {each.reason}" for each in refused))
    return lines(trials, refused, task, model.facts.name, options.calibrator)
