"""The answer of a run: which models may be released, and what stands in the way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_llmcal.measurement import metric_of
from pytest_llmcal.records import Gate, ModelFacts, Record, Run
from pytest_llmcal.report import wording
from pytest_llmcal.report.numbers import plural
from pytest_llmcal.report.wording import TONES, Label

BLOCKING = frozenset({"failed", "error"})
"""Outcomes of a gate that keep a model from release."""

STATES = {
    "released": Label("may be released", "holds"),
    "refused": Label("may not be released", "refuted"),
    "undecided": Label("undecided", "undecided"),
    "unknown": Label("not judged", "skipped"),
}
"""What a run says about a model."""


@dataclass(frozen=True)
class Suite:
    """The gates of one suite on one model, in the order of the run."""

    name: str
    gates: tuple[Gate, ...]

    @cached_property
    def counts(self) -> tuple[tuple[Label, int], ...]:
        """How many gates have each verdict, the worst verdict first."""
        counted = Counter(map(wording.verdict, self.gates))
        return tuple(sorted(counted.items(), key=lambda entry: TONES.index(entry[0].tone)))

    @cached_property
    def rank(self) -> int:
        """Where its worst verdict stands among all, the worst first; for sorting."""
        return min((TONES.index(label.tone) for label, _ in self.counts), default=len(TONES))

    @cached_property
    def places(self) -> tuple[tuple[str, float], ...]:
        """Tone of every gate that measured something, and how far on the right side of its limit it stands."""
        decided = ((gate, decisive(gate)) for gate in self.gates)
        return tuple((wording.verdict(gate).tone, slack(record)) for gate, record in decided if record is not None)

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """What its gates asked."""
        return tuple(sorted({gate.task for gate in self.gates if gate.task is not None}))


@dataclass(frozen=True)
class Judged:
    """One model of a run and its gates.

    Attributes
    ----------
    name : str or None
        The model; None for the gates that need none.
    facts : ModelFacts or None
        What is known of it.
    suites : tuple of Suite
        One for each suite of the run, in the same order for every model; some may be empty.
    complete : bool
        Whether the run is.
    number : int
        Its place among the rows, from 1.
    """

    name: str | None
    facts: ModelFacts | None
    suites: tuple[Suite, ...]
    complete: bool
    number: int = 1

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """Every gate of the model."""
        return tuple(gate for suite in self.suites for gate in suite.gates)

    @cached_property
    def blocking(self) -> tuple[Gate, ...]:
        """The gates that keep it from release."""
        return tuple(gate for gate in self.gates if gate.outcome in BLOCKING)

    @cached_property
    def undecided(self) -> tuple[Gate, ...]:
        """The gates that passed although they were undecided, because the run was told so."""
        return tuple(gate for gate in self.gates if gate.outcome == "passed" and gate.verdict == "undecided")

    @cached_property
    def state(self) -> str:
        """Key into `STATES`."""
        if any(gate.verdict != "undecided" for gate in self.blocking):
            return "refused"
        if self.blocking:
            return "undecided"
        judged = any(gate.outcome == "passed" and gate.records for gate in self.gates)
        return "released" if judged and self.complete else "unknown"

    @cached_property
    def worst(self) -> Gate | None:
        """The gate furthest on the wrong side, or the nearest to it."""
        return min(self.gates, key=_badness, default=None)

    @cached_property
    def seconds(self) -> float:
        """How long its gates took, all attempts together."""
        return sum(attempt.seconds for gate in self.gates for attempt in gate.attempts)

    def explain(self) -> str:
        """Say in a sentence how its gates went."""
        if not self.gates:
            return "No gate was run on it."
        total = plural(len(self.gates), "gate")
        if self.blocking:
            return f"{len(self.blocking)} of {total} did not pass."
        counts = Counter(gate.outcome for gate in self.gates)
        rest = [f"{counts[outcome]} {words}" for outcome, words in _NEITHER.items() if counts[outcome]]
        passed = counts["passed"] + counts["xpassed"]
        first = f"{passed} of {total} passed" if rest else f"{_ALL.get(passed, f'All {total}')} passed"
        return ", ".join([first, *self._unmeasured(passed), *self._let_pass(), *rest]) + "."

    def _unmeasured(self, passed: int) -> list[str]:
        unmeasured = sum(wording.verdict(gate) == wording.UNMEASURED for gate in self.gates)
        if not unmeasured:
            return []
        return ["but measured nothing" if unmeasured == passed else f"{unmeasured} of them without a measurement"]

    def _let_pass(self) -> list[str]:
        return [f"{len(self.undecided)} of them undecided"] if self.undecided else []


_ALL = {1: "The one gate", 2: "Both gates"}

_NEITHER = {"skipped": "skipped", "xfailed": "known to fail"}


def judged_models(run: Run) -> tuple[Judged, ...]:
    """Return the models of a run by name, those that no gate names last."""
    facts = {model.name: model for model in run.models}
    names = dict.fromkeys([*sorted({*facts, *(gate.model for gate in run.gates if gate.model is not None)})])
    rows = [*names, None] if any(gate.model is None for gate in run.gates) else [*names]
    suites = suites_of(run)
    cells: dict[tuple[str | None, str], list[Gate]] = {(name, suite): [] for name in rows for suite in suites}
    for gate in run.gates:
        cells[gate.model, gate.suite].append(gate)
    return tuple(
        Judged(
            name, facts.get(name or ""), tuple(Suite(s, tuple(cells[name, s])) for s in suites), run.complete, number
        )
        for number, name in enumerate(rows, start=1)
    )


def suites_of(run: Run) -> tuple[str, ...]:
    """Return the suites of a run by name."""
    return tuple(sorted({gate.suite for gate in run.gates}))


def headline(run: Run, rows: Sequence[Judged]) -> str:
    """Answer the question of a release in a few words."""
    if not run.complete:
        return "This run is incomplete, so it releases no model"
    if not run.gates:
        return "No gate was run"
    models = [row for row in rows if row.name is not None]
    others = [gate for row in rows if row.name is None for gate in row.blocking]
    if not models:
        return _without_models(run.gates, len(others))
    let_pass = sum(len(row.undecided) for row in models)
    rest = f", with {plural(let_pass, 'undecided gate')} let pass" if let_pass else ""
    rest += f", but {plural(len(others), 'gate')} without a model did not pass" if others else ""
    return _released(models) + rest


def _without_models(gates: Sequence[Gate], blocking: int) -> str:
    if blocking:
        return f"{blocking} of {plural(len(gates), 'gate')} did not pass"
    if not any(gate.records for gate in gates):
        return "No gate measured anything"
    return "Every gate passed" if all(gate.verdict == "holds" for gate in gates) else "No gate failed"


def _released(models: Sequence[Judged]) -> str:
    if len(models) == 1:
        return _ALONE[models[0].state]
    released = sum(row.state == "released" for row in models)
    return f"{released or 'None'} of {len(models)} models may be released"


_ALONE = {
    "released": "The model may be released",
    "refused": "The model may not be released",
    "undecided": "It is undecided whether the model may be released",
    "unknown": "The model was not judged",
}


def decisive(gate: Gate) -> Record | None:
    """Return the record that says most about why a gate stands where it stands."""
    return min(gate.records, key=_record_badness, default=None)


def reasons(rows: Sequence[Judged]) -> tuple[Judged, ...]:
    """Return the models that the first sentences of a page are about: all of them where they are few, else none."""
    named = tuple(row for row in rows if row.name is not None)
    return named if len(named) <= _SPOKEN_OF else ()


_SPOKEN_OF = 4


def differences(rows: Sequence[Judged]) -> list[tuple[Judged, Gate, Record]]:
    """Return what was measured against another model, such as a baseline, on the same items."""
    return [
        (row, gate, record)
        for row in rows
        for gate in row.gates
        for record in gate.records
        if metric_of(record.metric) is not None
    ]


def explained(gate: Gate) -> bool:
    """Tell whether a measurement says why a gate did not pass."""
    return any(record.outcome in {"false", "refuted", "undecided"} for record in gate.records)


def _badness(gate: Gate) -> tuple[bool, int, float]:
    record = decisive(gate)
    tone = TONES.index(wording.verdict(gate).tone)
    return gate.outcome not in BLOCKING, tone, slack(record) if record else 0.0


def _record_badness(record: Record) -> tuple[int, bool, float]:
    # Of measurements that say the same, one judged with its interval says more than a plain comparison.
    return TONES.index(wording.outcome(record).tone), record.outcome in {"true", "false"}, slack(record)


def slack(record: Record) -> float:
    """How far on the right side of its limit an estimate lies, in widths of its interval.

    An order for display only; widths make metrics of different units comparable.
    """
    wanted = wording.wanted(record)
    if record.limit is None or wanted is None:
        return 0.0
    distance = record.limit - record.estimate if wanted == "small" else record.estimate - record.limit
    width = record.high - record.low
    if distance == 0 or math.isnan(distance) or not width < math.inf:  # at its limit, or nothing is known
        return 0.0
    return distance / width if width > 0 else math.copysign(math.inf, distance)
