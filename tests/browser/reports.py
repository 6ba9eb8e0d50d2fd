"""Reports of one gate, of fifty and of five thousand, as one file and as a folder to serve."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from pytest_llmcal.records import Run
from pytest_llmcal.report import write
from tests.grid_runs import grid

MODELS = {1: 1, 50: 2, 5000: 100}
"""How many models so many gates are of."""


def run_of(gates: int) -> Run:
    """Return a run of so many gates."""
    return grid(MODELS[gates], gates // MODELS[gates])


def as_folder(whole: Run, folder: Path) -> Path:
    """Write a report that brings stylesheet and script as files; skip where that cannot be asked for yet."""
    if "assets" not in inspect.signature(write).parameters:
        pytest.skip("reports are written as one file alone")
    return write(whole, folder, assets=True)


def pages_of(report: Path) -> list[Path]:
    """Return every page of a report that was written to a folder."""
    return sorted(report.parent.rglob("*.html"))
