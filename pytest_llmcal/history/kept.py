"""A run with what is kept beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pytest_llmcal.history.items import ItemScores
from pytest_llmcal.history.keys import calibrator_family
from pytest_llmcal.measurement import Measurement, MeasurementError
from pytest_llmcal.records import Record, Run
from pytest_llmcal.scores import Scores, ScoresError

# Numbers that are the same but for the order of a sum.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Kept:
    """A run, its item scores, and what to call it.

    Attributes
    ----------
    run : Run
        The run.
    items : ItemScores
        Empty where none are kept.
    source : str
        What to call it in messages, for instance its path.
    """

    run: Run
    items: ItemScores = field(default_factory=ItemScores)
    source: str = "the run"

    @classmethod
    def read(cls, path: str | Path) -> Kept:
        """Read a ``run.json`` and the item scores beside it, if there are any.

        Raises
        ------
        OSError
            If the run cannot be opened.
        RunError, ItemFileError
            If a file holds nothing that this version can read.
        """
        return cls(Run.read(path), ItemScores.beside(path), str(path))

    def scores_of(self, record: Record) -> Iterator[Scores]:
        """Yield the kept scores that a record may have been measured on: of its subject, revision and items."""
        family, method = calibrator_family(record.calibrator), record.confidence_method
        for scores in self.items.of_subject((record.model, record.task, record.split, record.group, family, method)):
            about = scores.about
            if (about.data, about.revision, about.calibrator) == (record.data, record.revision, record.calibrator):
                yield scores

    def measured_again(self, record: Record) -> Measurement | None:
        """Measure a record again on the kept scores; None where that does not give the same number.

        It does not where no scores are kept, and where the test measured with options of its own, which a
        record does not hold.
        """
        for scores in self.scores_of(record):
            try:
                again: Measurement | None = getattr(scores, record.metric)(confidence=record.confidence)
            except (AttributeError, TypeError, ScoresError, MeasurementError):
                continue
            if again is not None and math.isclose(again, record.estimate, rel_tol=_SAME, abs_tol=_SAME):
                return again
        return None
