"""Runs made by hand, for the tests of everything that reads runs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from pytest_llmcal.measurement import Bin
from pytest_llmcal.records import Attempt, Gate, ModelFacts, Record, Run

HOSTILE = "<b>&\"'/\\`{{ 7 * 7 }}{% raw %}\N{RIGHT-TO-LEFT OVERRIDE}evil\x00\x1b</title><script>alert(1)</script>"


def curve(accuracy: float = 0.7, count: int = 40, bins: int = 15) -> tuple[Bin, ...]:
    """A curve through full bins of equal width; ``accuracy`` scales how often they are right."""
    edges = [index / bins for index in range(bins + 1)]
    return tuple(
        Bin(low, high, count, (low + high) / 2, accuracy * (low + high) / 2, max(0.0, low - 0.1), min(1.0, high + 0.1))
        for low, high in pairwise(edges)
    )


def record(**changes: Any) -> Record:
    """An ECE that holds, with everything that a record can carry but a group and a calibrator."""
    usual = Record(
        sequence=1,
        metric="ece",
        estimate=0.031,
        low=0.012,
        high=0.042,
        confidence=0.95,
        n=2000,
        method="score interval, 15 bins",
        relation="below",
        limit=0.05,
        outcome="holds",
        explanation="The claim that ECE is at most 0.05 holds: it was measured as 0.031 on 2000 items.",
        debiased=0.02,
        noise_floor_mean=0.018,
        noise_floor_p95=0.027,
        exact=0.0213,
        model="world/gpt2",
        revision="3f9c2a7be1d04c55",
        task="world/qa",
        split="test",
        data="9b1c3f5a7d2e4680",
        curve=curve(),
    )
    return replace(usual, **changes)


def gate(
    name: str = "test_confidence_can_be_trusted",
    *records: Record,
    outcome: str = "passed",
    message: str = "",
    model: str | None = "world/gpt2",
    suite: str = "suites/qa",
) -> Gate:
    """A gate of one attempt; the records are said to be of its model."""
    own = tuple(replace(entry, model=model) for entry in records)
    task = records[0].task if records else None
    nodeid = f"{suite}/test_it.py::{name}[{model}]"
    return Gate(nodeid, suite, name, model, task, (Attempt(outcome, 0.25, message, own),))


def facts(name: str = "world/gpt2", revision: str = "3f9c2a7be1d04c55") -> ModelFacts:
    """A small model on the CPU."""
    return ModelFacts(name, revision, "float32", "cpu", 723_968)


def run(*gates: Gate, **changes: Any) -> Run:
    """A complete run of gates, with the facts of their models."""
    names = sorted({entry.model for entry in gates if entry.model is not None})
    usual = Run(
        started="2026-11-23T13:38:27+00:00",
        seconds=41.7,
        complete=True,
        environment={"python": "3.11.2", "git commit": "8451389", "seed": "0"},
        models=tuple(facts(name) for name in names),
        gates=tuple(sorted(gates, key=lambda entry: entry.nodeid)),
    )
    return replace(usual, **changes)


REFUTED = record(
    estimate=0.121,
    low=0.091,
    high=0.135,
    outcome="refuted",
    explanation="The claim that ECE is at most 0.05 is refuted: it was measured as 0.121 on 2000 items.",
)
UNDECIDED = record(high=0.08, outcome="undecided", explanation="The claim that ECE is at most 0.05 is undecided.")


def two_models() -> Run:
    """One model that may be released and one that may not, with a gate of every kind."""
    good, bad = "world/gpt2", "world/gpt2-overfit"
    repaired = record(calibrator="temperature(T=1.8)", before=curve(0.5))
    groups = [record(sequence=number, group=f"region={place}") for number, place in enumerate(("north", "south"))]
    return run(
        gate("test_confidence_can_be_trusted", record(), model=good),
        gate("test_temperature_scaling_repairs_it", record(metric="nll", relation="<=", outcome="true"), repaired),
        gate("test_confidence_can_be_trusted_in_every_group", *groups),
        gate("test_of_groups", outcome="skipped", message="Skipped: the task names no groups"),
        gate("test_confidence_can_be_trusted", REFUTED, outcome="failed", message="AssertionError: no", model=bad),
        gate("test_needs_more_items", UNDECIDED, outcome="failed", model=bad, suite="suites/dialogue"),
        gate("test_breaks", outcome="error", message="ModelError: too long", model=bad, suite="suites/dialogue"),
        gate("test_known_to_fail", REFUTED, outcome="xfailed", model=bad, suite="suites/dialogue"),
    )
