"""A session for each model, as CI runs them, merges into the session of all models."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inner_runs import Project

from pytest_llmcal.history import merge
from pytest_llmcal.records import Attempt, Gate, Run

GATES = """
@pytest.mark.llmcal
def test_data(task):
    assert measured().below(0.05)

def test_trust(scores):
    assert scores.ece().below(0.2)

@pytest.mark.llmcal_models("a*")
@pytest.mark.parametrize("limit", [0.2, 0.3])
def test_of_some_models(scores, limit):
    assert scores.ece().below(limit)
"""


def essence(run: Run) -> Run:
    """A run without times, and without the reasons of skips, which name the models of the session."""

    def bare(attempt: Attempt) -> Attempt:
        return replace(attempt, seconds=0.0, message="" if attempt.outcome == "skipped" else attempt.message)

    gates = tuple(replace(gate, attempts=tuple(map(bare, gate.attempts))) for gate in run.gates)
    subjects = tuple(replace(subject, seconds=0.0) for subject in run.subjects)
    return replace(run, started="", seconds=0.0, gates=gates, subjects=subjects)


def session(project: Project, *models: str) -> Run:
    options = [argument for model in models for argument in ("--llmcal-model", model)]
    project.run(*options, "--llmcal-report", "none", "--llmcal-json", "run.json")
    return project.result("run.json")


@pytest.mark.parametrize(
    ("models", "gates"),
    [
        (("a", "ab"), 7),  # the marker lets both through
        (("a", "bold"), 5),  # one of them
        (("bold", "fair"), 5),  # none
    ],
)
def test_merging_the_halves_of_a_session_equals_the_run_of_both(
    project: Project, models: tuple[str, str], gates: int
) -> None:
    project.gates(GATES)
    halves = [session(project, model) for model in models]
    both = session(project, *models)
    assert len(both.gates) == gates
    for order in (halves, halves[::-1]):
        assert essence(merge(order)) == essence(both)


def test_the_reasons_of_both_halves_are_kept(project: Project) -> None:
    project.gates(GATES)
    merged = merge([session(project, model) for model in ("fair", "bold")])
    skipped: list[Gate] = [gate for gate in merged.gates if gate.outcome == "skipped"]
    assert len(skipped) == 2
    for gate in skipped:
        message = gate.attempts[-1].message
        assert "none of the models through: bold\n\n" in message
        assert message.endswith("none of the models through: fair")
