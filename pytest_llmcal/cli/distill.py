"""``llmcal distill``: make a calibrated model from the probabilities of others."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcal.cli.arguments import positive

if TYPE_CHECKING:
    from pytest_llmcal.scores import Scores
    from pytest_llmcal.tasks import Items

_LORA: dict[str, bool | str] = {"auto": "auto", "yes": True, "no": False}


class DistillationError(ValueError):
    """A student cannot be made; the text says why."""


def add_distill(commands: Any) -> None:
    """Make the command known."""
    parser = commands.add_parser(
        "distill",
        help="train a model on the probabilities of better calibrated ones",
        description="Train a model on the calibration split until its probabilities are those of its teachers.",
    )
    parser.add_argument("--student", metavar="MODEL", required=True, help="model to begin with, which stays as it is")
    parser.add_argument(
        "--teacher", metavar="MODEL", action="append", required=True, help="its teacher; of several, their mean"
    )
    parser.add_argument(
        "--task", metavar="TASK", action="append", required=True, help="what is taught; may be repeated"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="new folder for the model")
    parser.add_argument(
        "--calibrator", metavar="NAME", help="calibrate the teacher by it first, fitted on the same split"
    )
    parser.add_argument(
        "--epochs", metavar="N", type=positive, default=3, help="how often each item is read (default: 3)"
    )
    parser.add_argument(
        "--learning-rate", metavar="X", type=float, help="the highest (default: 2e-4 for LoRA, 5e-5 for all weights)"
    )
    parser.add_argument("--batch-size", metavar="N", type=positive, default=16, help="items a step (default: 16)")
    parser.add_argument(
        "--lora", choices=list(_LORA), default="auto", help="train adapters (default: auto, where peft is installed)"
    )
    parser.add_argument("--limit", metavar="N", type=positive, help="first items of each task (default: all)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the training (default: 0)")
    parser.add_argument("--device", metavar="DEVICE", default="auto", help="as --llmcal-device (default: auto)")
    parser.set_defaults(run=_distill)


def _distill(options: argparse.Namespace) -> list[str]:
    from pytest_llmcal.calibrators import CalibratorError
    from pytest_llmcal.calibrators.distillation import distill, free_folder
    from pytest_llmcal.scores import ScoresError
    from pytest_llmcal.scoring import ModelError, load_model
    from pytest_llmcal.scoring.progress import ProgressLine

    try:
        free_folder(options.out)  # before the teachers are asked, which takes long
        splits = [_calibration_split(name, options.limit) for name in options.task]
        teachers = _teachers(options, splits)
        student: Any = load_model(options.student, dtype="float32", device=options.device)
        with ProgressLine(f"distilling into {options.out}, steps") as progress:
            folder = distill(
                student,
                splits,
                teachers,
                output=options.out,
                epochs=options.epochs,
                learning_rate=options.learning_rate,
                batch_size=options.batch_size,
                lora=_LORA[options.lora],
                seed=options.seed,
                progress=progress,
            )
    except (CalibratorError, ModelError, ScoresError) as error:
        raise DistillationError(str(error)) from None
    return [str(folder)]


def _calibration_split(name: str, limit: int | None) -> Items:
    from pytest_llmcal.tasks import load_task

    task = load_task(name) if limit is None else load_task(name, limit=limit)
    if task.calibration is None:
        raise DistillationError(f"task {name!r} keeps no calibration split to distil on")
    return task.calibration


def _teachers(options: argparse.Namespace, splits: Sequence[Items]) -> list[Scores]:
    """Scores of each task by all teachers, one model in memory at a time."""
    from pytest_llmcal import calibrators
    from pytest_llmcal.calibrators.distillation import ensemble
    from pytest_llmcal.scoring import load_model, score

    said: list[list[Scores]] = [[] for _ in splits]
    for name in options.teacher:
        model = load_model(name, device=options.device)
        for members, items in zip(said, splits, strict=True):
            members.append(score(model, items))
        model.close()
    means = [ensemble(members) for members in said]
    if options.calibrator is None:
        return means
    return [calibrators.create(options.calibrator).fit(mean).transform(mean, in_sample=True) for mean in means]
