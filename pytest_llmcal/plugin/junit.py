"""What JUnit XML says of gates and of the whole run. It knows names and texts alone: flat scalars."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from _pytest.junitxml import xml_key  # what pytest's own record_testsuite_property uses; it has no public name

from pytest_llmcal.plugin.attempts import PlainRecord
from pytest_llmcal.plugin.drafts import AttemptDraft
from pytest_llmcal.plugin.gates import GateFacts
from pytest_llmcal.records import Gate, Run

Scalar = str | int | float
Property = tuple[str, Scalar]

_OF_A_RECORD = (
    "low",
    "high",
    "confidence",
    "n",
    "relation",
    "limit",
    "outcome",
    "group",
    "calibrator",
    "confidence_method",
)
_LONGEST = 1000  # characters of a value: a name of a megabyte would stand on every test case


def gate_properties(gate: GateFacts, attempt: AttemptDraft, records: list[PlainRecord]) -> list[Property]:
    """Describe one execution of a gate.

    A second record of the same metric is numbered: ``llmcal_ece_2``, ``llmcal_ece_2_low`` and so on.
    """
    judged = Gate("", gate.suite, gate.name, gate.model, gate.task, (attempt.finished(),))
    pairs: list[tuple[str, Scalar | None]] = [
        ("model", gate.model),
        ("task", gate.task),
        ("suite", gate.suite),
        ("verdict", judged.verdict),
    ]
    seen: Counter[str] = Counter()
    for record in records:
        metric = record["metric"]
        seen[metric] += 1
        name = metric if seen[metric] == 1 else f"{metric}_{seen[metric]}"
        pairs.append((name, record["estimate"]))
        pairs += [(f"{name}_{key}", record[key]) for key in _OF_A_RECORD]
    return [(_name(name), _short(value)) for name, value in pairs if value is not None]


def tell_run(config: pytest.Config, run: Run) -> None:
    """Put what is known of the whole run on the test suite, where JUnit XML is written."""
    xml = config.stash.get(xml_key, None)
    if xml is not None:
        for name, value in _run_properties(run):
            xml.add_global_property(_name(name), _short(value))


def _run_properties(run: Run) -> Iterator[Property]:
    from pytest_llmcal.report.summary import headline, judged_models

    yield "headline", headline(run, judged_models(run))
    yield "complete", str(run.complete).lower()
    yield "models", len(run.models)
    yield "gates", len(run.gates)
    counts: Mapping[str, int] = Counter(gate.verdict for gate in run.gates)
    yield from ((f"gates_{verdict}", counts[verdict]) for verdict in sorted(counts))
    yield from run.environment.items()


def _name(text: str) -> str:
    """Return a property's name: pytest escapes what XML cannot hold in values, but not in names."""
    return "llmcal_" + re.sub(r"[^A-Za-z0-9_.]+", "_", text)[:_LONGEST]


def _short(value: Scalar) -> Scalar:
    return f"{value[:_LONGEST]}…" if isinstance(value, str) and len(value) > _LONGEST else value
