"""The training loop: ``transformers.Trainer`` with the divergence as its loss."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments, set_seed

from pytest_llmcal.calibrators.distillation.divergence import collate, divergence
from pytest_llmcal.calibrators.distillation.lessons import Lesson
from pytest_llmcal.calibrators.errors import CalibratorError

Progress = Callable[[int, int], None]
"""Called with (done, all) optimiser steps."""

_WARM_UP = 20
"""The learning rate rises over one in so many steps, then falls to zero along a cosine."""


@dataclass(frozen=True)
class Course:
    """How a student is trained.

    Attributes
    ----------
    epochs : int
        How often each lesson is read.
    learning_rate : float
        The highest.
    batch_size : int
        Lessons a step.
    seed : int
        Seed of the order, and of new weights.
    """

    epochs: int
    learning_rate: float
    batch_size: int
    seed: int


def train(network: Any, lessons: Sequence[Lesson], course: Course, progress: Progress | None) -> list[float]:
    """Train a network in place; return the mean divergence of each epoch, in nats, as it was met on the way.

    Raises
    ------
    CalibratorError
        If the loss stops being a number.
    """
    _switch_dropout_off(network)
    steps = -(-len(lessons) // course.batch_size) * course.epochs
    with TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch,
            num_train_epochs=course.epochs,
            per_device_train_batch_size=course.batch_size,
            learning_rate=course.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=steps // _WARM_UP,
            weight_decay=0.0,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
            dataloader_pin_memory=False,
            use_cpu=network.device.type == "cpu",
            seed=course.seed,
        )
        # several devices would each get a share of the rows, and a lesson has several
        arguments._n_gpu = min(arguments.n_gpu, 1)
        trainer = _DivergenceTrainer(
            model=network,
            args=arguments,
            train_dataset=list(lessons),
            data_collator=collate,
            callbacks=[_Told(progress)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return [float(np.mean(losses)) for losses in np.array_split(trainer.losses, course.epochs)]


class _DivergenceTrainer(Trainer):
    def __init__(self, model: Any, **options: Any) -> None:
        super().__init__(model=model, **options)
        bare = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._positions = "position_ids" in inspect.signature(bare.forward).parameters
        self.losses: list[float] = []

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> torch.Tensor:
        loss = divergence(model, inputs, self._positions)
        self.losses.append(loss.item())
        if not np.isfinite(self.losses[-1]):
            raise CalibratorError(
                f"at step {len(self.losses)} the divergence from the teacher is {self.losses[-1]}; a lower "
                f"learning_rate than {self.args.learning_rate:g} may help"
            )
        return loss


class _Told(TrainerCallback):
    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  # Trainer's signature
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps)


def _switch_dropout_off(network: Any) -> None:
    """Let the student be trained as it is scored: what dropout adds to the divergence is no error of the student."""
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


@contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """Seed all generators for the span of a ``with`` block, and put them back as they were."""
    python, arrays = random.getstate(), np.random.get_state()  # noqa: NPY002  # the trainer seeds the global one
    with torch.random.fork_rng():
        set_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(arrays)  # noqa: NPY002
