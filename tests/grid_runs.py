"""Runs of as many models and gates as asked for, for the tests and the benchmark of large reports."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmcal.records import Gate, Run
from tests.sample_runs import REFUTED, UNDECIDED, curve, gate, record, run


def grid(models: int, gates: int, records: int = 1) -> Run:
    """Return a run of models with so many gates each, of so many records each.

    Every ninth gate is refuted, every eleventh undecided. Where gates have one record, each model's first has a curve.
    """
    names = (f"organisation/model-{model:03}" for model in range(models))
    return run(*(_gate(name, place, records) for name in names for place in range(gates)))


def _gate(model: str, place: int, records: int) -> Gate:
    kind = REFUTED if place % 9 == 8 else UNDECIDED if place % 11 == 10 else record()
    seen = replace(kind, curve=curve() if place == 0 and records == 1 else (), exact=None)
    groups = [replace(seen, sequence=n + 1, group=f"region={n}" if records > 1 else None) for n in range(records)]
    outcome = "passed" if kind.outcome == "holds" else "failed"
    return gate(
        f"test_{place:03}_can_be_trusted", *groups, outcome=outcome, model=model, suite=f"suites/kind_{place % 5}"
    )
