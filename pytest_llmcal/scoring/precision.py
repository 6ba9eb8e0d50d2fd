"""What a narrow number format changes: the same items in float32, and how many answers differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pytest_llmcal.scores import Scores
from pytest_llmcal.scoring.protocol import Model, ModelError
from pytest_llmcal.scoring.score import score
from pytest_llmcal.tasks import Items, Task, Text
from pytest_llmcal.tasks.order import in_random_order

NARROW = ("bfloat16", "float16")

SAMPLE = 64
SAMPLE_OF_TEXTS = 8
"""Items that are compared by default: a text is as long as many questions."""


@dataclass(frozen=True)
class DtypeFlips:
    """What a narrow number format changed in a sample of items.

    Attributes
    ----------
    dtype : str
        The format.
    answers : int
        Answers compared: one a question, one a token of running text.
    flips : int
        How many have another chosen answer than in float32; of running text, how many are right
        in one format and wrong in the other.
    largest : float
        Largest difference of a choice's log-likelihood in nats; of running text, of a token's confidence.
    of_choices : bool
        Whether the answers are choices.
    """

    dtype: str
    answers: int
    flips: int
    largest: float
    of_choices: bool

    def __str__(self) -> str:
        what = "another answer is chosen" if self.of_choices else "right and wrong are exchanged"
        number = "a log-likelihood" if self.of_choices else "a confidence"
        return (
            f"{self.dtype} beside float32, on a sample: {what} in {self.flips} of {self.answers}, "
            f"and {number} differs by up to {self.largest:.2g}"
        )


def dtype_flips(model: Model, items: Task | Items, *, sample: int | None = None) -> DtypeFlips:
    """Score a sample of items in the model's number format and in float32, and count what differs.

    The sample depends on the items' ids alone. The model is loaded a second time for it, in float32,
    and that copy is freed again.

    Parameters
    ----------
    model : Model
        What `load_model` gives.
    items : Task or Items
        What is asked; of a task, its test split.
    sample : int, optional
        Most items to compare, at least 1; by default 64 questions, or 8 running texts.

    Raises
    ------
    ModelError
        The model cannot be loaded in float32, or ``sample`` is less than 1.

    Examples
    --------
    >>> from pytest_llmcal import load_model, load_task
    >>> model = load_model("world/gpt2", device="cpu", dtype="bfloat16")
    >>> found = dtype_flips(model, load_task("world/qa", limit=20))
    >>> found.answers, found.flips <= 2, 0.0 < found.largest < 0.5
    (20, True, True)
    """
    again: Any = getattr(model, "in_float32", None)
    if again is None:
        raise ModelError(f"model {model.facts.name!r} cannot be loaded in float32 to compare with")
    if sample is not None and sample < 1:
        raise ModelError(f"sample is {sample}; allowed is 1 or more")
    asked = sample_of(items.test if isinstance(items, Task) else items, sample)
    narrow = score(model, asked, progress=False)
    reference: Model = again()
    try:
        wide = score(reference, asked, progress=False)
    finally:
        reference.close()
    return flips(model.facts.dtype, narrow, wide)


def is_narrow_on_cpu(model: Model) -> bool:
    """Tell whether a model runs on the CPU in a narrow format and can be loaded in float32 too.

    There the format is somebody's choice, and float32 is what any other run has. On CUDA it is the default.
    """
    facts = model.facts
    return facts.device == "cpu" and facts.dtype in NARROW and getattr(model, "in_float32", None) is not None


def sample_of(items: Items, most: int | None = None) -> Items:
    """Return items drawn by their ids, the same each time."""
    if most is None:
        most = SAMPLE_OF_TEXTS if isinstance(items[0], Text) else SAMPLE
    drawn = [item for unit in in_random_order(items, seed=0) for item in unit]
    return replace(items, items=tuple(drawn[:most]))


def flips(dtype: str, narrow: Scores, wide: Scores) -> DtypeFlips:
    """Count how scores in a narrow format differ from those of the same items in float32."""
    if narrow.choices is None or wide.choices is None:
        differs = narrow.correct != wide.correct
        distances = np.abs(narrow.confidence - wide.confidence)
    else:
        differs = narrow.choices.chosen != wide.choices.chosen
        offered = np.isfinite(wide.choices.values)
        distances = np.abs(narrow.choices.values[offered] - wide.choices.values[offered])
    return DtypeFlips(dtype, len(wide), int(differs.sum()), float(distances.max()), wide.choices is not None)
