"""Reports of one gate, of fifty and of five thousand, as one file and as a folder to serve."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmcal.records import Run
from pytest_llmcal.report import write
from tests.sample_runs import REFUTED, UNDECIDED, curve, gate, record, run

MODELS = {1: 1, 50: 2, 5000: 100}
"""How many models so many gates are of."""


def run_of(gates: int) -> Run:
    """Return a run of so many gates: every ninth is refuted, every eleventh undecided, the first has a curve."""
    models = MODELS[gates]
    return run(
        *(_gate(f"organisation/model-{model:03}", place) for model in range(models) for place in range(gates // models))
    )


def _gate(model: str, place: int) -> object:
    kind = REFUTED if place % 9 == 8 else UNDECIDED if place % 11 == 10 else record()
    seen = replace(kind, curve=curve() if place == 0 else (), exact=None)
    outcome = "passed" if kind.outcome == "holds" else "failed"
    return gate(f"test_{place:03}_can_be_trusted", seen, outcome=outcome, model=model, suite=f"suites/kind_{place % 5}")


def as_folder(whole: Run, folder: Path) -> Path:
    """Write a report that brings stylesheet and script as files; skip where that cannot be asked for yet."""
    if "assets" not in inspect.signature(write).parameters:
        pytest.skip("reports are written as one file alone")
    return write(whole, folder, assets=True)


def pages_of(report: Path) -> list[Path]:
    """Return every page of a report that was written to a folder."""
    return sorted(report.parent.rglob("*.html"))
