"""``distill``: a student, items and a teacher in, the folder of a calibrated model out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers.utils import logging as transformers_logging

from pytest_llmcal.calibrators.distillation.lessons import Lesson, items_of, lessons
from pytest_llmcal.calibrators.distillation.lora import merged, wants_lora, with_adapters
from pytest_llmcal.calibrators.distillation.student import Student
from pytest_llmcal.calibrators.distillation.training import Course, Progress, own_randomness, train
from pytest_llmcal.calibrators.errors import CalibratorError
from pytest_llmcal.records import ModelFacts
from pytest_llmcal.scores import Scores
from pytest_llmcal.tasks import Items, Task

SOURCE = "distillation.json"
"""File beside the weights that says where they came from."""


def distill(
    student: Student,
    asked: Task | Items | Sequence[Task | Items],
    teacher: Scores | Sequence[Scores],
    *,
    output: str | Path,
    epochs: int = 3,
    learning_rate: float | None = None,
    batch_size: int = 16,
    lora: bool | str = "auto",
    seed: int = 0,
    allow_test: bool = False,
    progress: Progress | None = None,
) -> Path:
    r"""Train a model until its probabilities are those of a better calibrated teacher.

    The loss is :math:`\mathrm{KL}(p \| q)` over the choices of each item, with the teacher's *p* and the
    student's *q*, the softmax of summed log-likelihoods (Hinton, Vinyals and Dean 2015). Right answers are
    never looked at, so items whose answers nobody knows serve as well.

    Parameters
    ----------
    student : Student
        What ``load_model`` gives. It is trained in place and closed afterwards.
    asked : Task, Items or sequence of them
        What is taught; of a task, its calibration split.
    teacher : Scores or sequence of Scores
        Logits or probabilities for those items, matched by id, one for each of ``asked``. An `ensemble`, a
        larger model's scores, or those of the student itself after ``calibrator.transform(scores, in_sample=True)``.
    output : str or Path
        New folder for model, tokenizer and ``distillation.json``.
    epochs : int
        How often each item is read, at least 1.
    learning_rate : float, optional
        The highest, above 0; by default 2e-4 for adapters, 5e-5 for all weights.
    batch_size : int
        Items a step, at least 1.
    lora : bool or "auto"
        Whether low-rank adapters are trained, and merged at the end, in place of all weights. ``"auto"`` does
        where ``peft`` is installed.
    seed : int
        Seed of order and adapters. On a CPU the same seed and number of threads give the same weights.
    allow_test : bool
        Whether items of a test split may be taught; gates on them are then worth nothing.
    progress : callable, optional
        Called with (done, all) optimiser steps.

    Returns
    -------
    Path
        The folder, for ``load_model`` and ``--llmcal-model``.

    Raises
    ------
    CalibratorError
        If a package is missing, an option is out of range, the folder is in use, items and teacher do not
        belong together, or training breaks down.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pytest_llmcal import load_model, load_task
    >>> from pytest_llmcal.scoring import score
    >>> items = load_task("world/qa").calibration[:8]
    >>> teacher = score(load_model("world/gpt2", device="cpu"), items, progress=False)
    >>> with TemporaryDirectory() as folder:
    ...     student = load_model("world/gpt2-overfit", device="cpu")
    ...     made = distill(student, items, teacher, output=f"{folder}/student", epochs=1, lora=False)
    ...     sorted(path.name for path in made.glob("*.json"))
    ['config.json', 'distillation.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']
    """
    folder = free_folder(Path(output))
    adapters = wants_lora(lora)
    _check(student, adapters)
    rate = learning_rate if learning_rate is not None else (2e-4 if adapters else 5e-5)
    course = _checked(Course(epochs, rate, batch_size, seed))
    taught = _paired(asked, teacher, allow_test)
    read = lessons(student, taught)
    facts = student.facts
    with student.lent() as (network, tokenizer), own_randomness(seed):
        uses_cache = getattr(network.config, "use_cache", None)
        trained, divergences = _trained(network, read, course, adapters, progress)
        trained.config.use_cache = uses_cache  # the trainer switched it off
        _save(trained, tokenizer, folder)
    _write_source(folder, facts, taught, course, adapters, divergences)
    return folder


def free_folder(folder: Path) -> Path:
    """Return a folder that is new or empty.

    Raises
    ------
    CalibratorError
        If there is something in it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CalibratorError(f"{folder} is there already; the student goes to a new or an empty folder")
    return folder


def _check(student: Student, adapters: bool) -> None:
    if not isinstance(student, Student):
        raise CalibratorError(f"{student!r} cannot be trained; a student is what load_model gives")
    facts = student.facts
    if find_spec("accelerate") is None:
        raise CalibratorError(
            "distillation trains with transformers.Trainer, which needs the package accelerate: "
            'pip install "pytest-llmcal[train]"'
        )
    if facts.dtype in ("float16", "bfloat16") and not adapters:
        raise CalibratorError(
            f"model {facts.name!r}: steps of training are lost in the rounding of {facts.dtype}; load it with "
            'dtype="float32", or train adapters'
        )


def _checked(course: Course) -> Course:
    for name in ("epochs", "batch_size"):
        value = getattr(course, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise CalibratorError(f"{name} must be a whole number of at least 1, got {value!r}")
    if not 0.0 < course.learning_rate < math.inf:
        raise CalibratorError(f"learning_rate must be a number above 0, got {course.learning_rate!r}")
    return course


def _paired(
    asked: Task | Items | Sequence[Task | Items], teacher: Scores | Sequence[Scores], allow_test: bool
) -> list[tuple[Items, Scores]]:
    all_asked = [asked] if isinstance(asked, (Task, Items)) else list(asked)
    teachers = [teacher] if isinstance(teacher, Scores) else list(teacher)
    if not all_asked or len(all_asked) != len(teachers):
        raise CalibratorError(
            f"each task needs the scores of its teacher: got {len(all_asked)} tasks and {len(teachers)} scores"
        )
    return [(items_of(task, allow_test), scores) for task, scores in zip(all_asked, teachers, strict=True)]


def _trained(
    network: Any, read: Sequence[Lesson], course: Course, adapters: bool, progress: Progress | None
) -> tuple[Any, list[float]]:
    """Train, and return the plain network with the divergence of each epoch."""
    if not adapters:
        return network, train(network, read, course, progress)
    adapted = with_adapters(network)
    divergences = train(adapted, read, course, progress)
    return merged(adapted), divergences


def _save(network: Any, tokenizer: Any, folder: Path) -> None:
    with _silence():
        network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep progress bars out of test output, and put things back as they were."""
    logging: Any = transformers_logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _write_source(
    folder: Path,
    facts: ModelFacts,
    taught: Sequence[tuple[Items, Scores]],
    course: Course,
    adapters: bool,
    divergences: Sequence[float],
) -> None:
    source = {
        "student": facts.name,
        "revision": facts.revision,
        "taught": [
            {
                "task": items.task,
                "split": items.split,
                "items": len(items),
                "data": items.fingerprint,
                "teacher": teacher.about.model,
                "calibrator": teacher.about.calibrator,
            }
            for items, teacher in taught
        ],
        "course": asdict(course),
        "lora": adapters,
        "divergence_by_epoch": [round(value, 6) for value in divergences],
    }
    (folder / SOURCE).write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
