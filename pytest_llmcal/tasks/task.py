"""A task: two splits of items under one name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_llmcal.tasks.items import Items


@dataclass(frozen=True, repr=False)
class Task:
    """A named collection of items.

    Attributes
    ----------
    name : str
        What users call it, for instance ``"world/qa"``.
    calibration : Items or None
        What calibrators are fitted on; None when the task keeps none.
    test : Items
        What gates are judged on.
    source : str
        Where the items came from: a file, a hub name with its revision, or the world.
    """

    name: str
    calibration: Items | None
    test: Items
    source: str

    def __repr__(self) -> str:
        fit = 0 if self.calibration is None else len(self.calibration)
        return f"<Task {self.name}: {fit} calibration and {len(self.test)} test items>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002
        """Say as much to hypothesis and notebooks, which would else print every item."""
        printer.text(repr(self))
