"""``llmcal calibrate``: fit a calibrator, judge it on items it has not seen, and write what a release needs."""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcal.cli.arguments import add_chat, chat_of

if TYPE_CHECKING:
    from pytest_llmcal.calibrators import Calibrator
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.tasks import Task


_SHARED = "so nothing can be said about new ones; leave them out of one split"


class CalibrationError(ValueError):
    """A calibrator cannot be fitted or judged; the text says why."""


def add_calibrate(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "calibrate",
        help="fit a calibrator, judge it and write it",
        description="Fit a calibrator on a task's calibration split, judge it on the test split, and write it. Exits "
        "with 0 where the calibrated model is shown to be no worse by more than the margin, else with 1.",
    )
    parser.add_argument("--model", metavar="MODEL", required=True, help="a folder, a hub name or world/...")
    parser.add_argument("--task", metavar="TASK", required=True, help="a name or a file, with a calibration split")
    parser.add_argument("--method", metavar="NAME", default="temperature", help="calibrator (default: temperature)")
    parser.add_argument(
        "--option", metavar="KEY=VALUE", type=_option, action="append", default=[], help="of the calibrator; repeatable"
    )
    parser.add_argument(
        "--confidence",
        metavar="METHOD",
        help="how sure the model is, as --llmcal-confidence-method: 'self_consistency(samples=10)' (default: a "
        "choice's probability, and that of the sequence where answers are written)",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the calibrator")
    parser.add_argument(
        "--by", choices=("nll", "brier"), default="nll", help="what decides whether it is worse (default: nll)"
    )
    parser.add_argument(
        "--margin", metavar="X", type=float, default=0.01, help="how much worse is let pass (default: 0.01)"
    )
    parser.add_argument("--limit", metavar="N", type=int, help="first items of each split (default: all)")
    parser.add_argument("--device", metavar="DEVICE", default="auto", help="as --llmcal-device (default: auto)")
    add_chat(parser)
    parser.set_defaults(run=_calibrate)


def _option(text: str) -> tuple[str, Any]:
    """Read ``key=value``, the value as JSON where it is some, else as a text."""
    key, equals, value = text.partition("=")
    if not (key.isidentifier() and equals):
        raise argparse.ArgumentTypeError(f"expected KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _calibrate(options: argparse.Namespace) -> tuple[list[str], int]:
    from pytest_llmcal import calibrators
    from pytest_llmcal.calibrators import CalibratorError
    from pytest_llmcal.calibrators.asking import Asking
    from pytest_llmcal.measurement import MeasurementError
    from pytest_llmcal.scores import ScoresError
    from pytest_llmcal.scoring import ModelError
    from pytest_llmcal.scoring.confidence import method_for

    try:
        calibrator = calibrators.create(options.method, **dict(options.option))  # a wrong one is found out at once
        if isinstance(calibrator, Asking):
            raise CalibrationError(
                f"{options.method} asks the model with prompts of its own, which must be given in Python or in a test: "
                "see docs/prompt-calibration.md"
            )
        task = _task(options.task, options.limit)
        method_for(options.confidence, task.test)  # and so is a method that is not for such answers
        return _fitted_and_judged(calibrator, task, options)
    except (CalibratorError, MeasurementError, ModelError, ScoresError) as error:
        raise CalibrationError(str(error)) from None


def _task(name: str, limit: int | None) -> Task:
    from pytest_llmcal.tasks import load_task

    task = load_task(name, limit=limit)
    if task.calibration is None:
        raise CalibrationError(f"the task {name!r} keeps no calibration split, so no calibrator can be fitted")
    return task


def _fitted_and_judged(calibrator: Calibrator, task: Task, options: argparse.Namespace) -> tuple[list[str], int]:
    from pytest_llmcal.cli.artefact import Artefact, judge

    seen, unseen = _scores(task, options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        after = calibrator.fit(seen).transform(unseen)
    if after.about.in_sample:
        raise CalibrationError(f"the calibration split and the test split of {task.name!r} share items, {_SHARED}")
    notes = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    artefact = Artefact(calibrator, len(seen), judge(unseen, after, by=options.by, margin=options.margin), notes)
    artefact.write(options.out)
    return artefact.lines(options.out), 0 if artefact.trial.verdict.status == "holds" else 1


def _scores(task: Task, options: argparse.Namespace) -> tuple[Scores, Scores]:
    """Score both splits by one model."""
    from pytest_llmcal.scoring import load_model, score

    assert task.calibration is not None
    model = load_model(options.model, device=options.device, **chat_of(options))
    try:
        seen, unseen = (score(model, split, confidence=options.confidence) for split in (task.calibration, task.test))
        return seen, unseen
    finally:
        model.close()
