"""What every calibrator offers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_llmcal.scores import Scores

if TYPE_CHECKING:
    from typing_extensions import Self


class Calibrator(Protocol):
    """A map from scores to better calibrated scores, fitted on one split and applied to another."""

    def fit(self, scores: Scores) -> Self:
        """Learn from scores whose right answers are known; returns the calibrator itself."""
        ...

    def transform(self, scores: Scores) -> Scores:
        """Return calibrated scores that remember the uncalibrated ones as ``before``."""
        ...

    def save(self, folder: str | Path) -> None:
        """Write what was learnt to ``calibrator.json`` in a folder, which is made if it is not there."""
        ...

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what ``save`` wrote."""
        ...
