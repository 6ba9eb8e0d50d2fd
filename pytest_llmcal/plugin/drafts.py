"""Gates and attempts while their reports are still coming in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_llmcal.plugin.attempts import from_plain
from pytest_llmcal.plugin.gates import GateFacts
from pytest_llmcal.records import Attempt, Gate, Record

# What counts when several phases or subtests of one attempt say different things: the worst.
_SEVERITY = ("passed", "xpassed", "skipped", "xfailed", "failed", "error")


@dataclass
class AttemptDraft:
    """One execution of a gate, report by report."""

    outcome: str | None = None
    seconds: float = 0.0
    messages: list[str] = field(default_factory=list)
    records: dict[int, Record] = field(default_factory=dict)

    def add(self, report: pytest.TestReport, carried: Mapping[str, Any]) -> None:
        """Take a phase or a subtest in. Records that come twice have the same sequence number."""
        for plain in carried["records"]:
            self.records[plain["sequence"]] = from_plain(plain)
        if report.when != "teardown" and not hasattr(report, "context"):  # a subtest's time is part of its test's
            self.seconds += report.duration
        outcome = _outcome(report, carried["broken"])
        if outcome is None:
            return
        if self.outcome is None or _SEVERITY.index(outcome) > _SEVERITY.index(self.outcome):
            self.outcome = outcome
        if outcome != "passed":
            self.messages.append(_message(report))

    @property
    def reason(self) -> str:
        """Why it did not pass, in one line."""
        return self.messages[-1].splitlines()[0] if self.messages and self.messages[-1] else "no reason was given"

    def finished(self) -> Attempt:
        """Return the attempt; one that never came to an end is an error."""
        return Attempt(
            outcome=self.outcome or "error",
            seconds=round(self.seconds, 6),
            message="\n\n".join(self.messages) if self.outcome else "The test did not run to its end.",
            records=tuple(self.records[sequence] for sequence in sorted(self.records)),
        )


@dataclass
class GateDraft:
    """One gate, attempt by attempt."""

    facts: GateFacts
    attempts: dict[int, AttemptDraft] = field(default_factory=dict)

    def add(self, report: pytest.TestReport, carried: Mapping[str, Any]) -> None:
        """Take a report in."""
        self.attempts.setdefault(carried["attempt"], AttemptDraft()).add(report, carried)

    def crash(self, message: str) -> None:
        """Take in that the process died in the middle of it."""
        if not self.attempts or self.is_finished:
            self.attempts[len(self.attempts) + 1] = AttemptDraft()
        self.last.outcome = "error"
        self.last.messages.append(message)

    @property
    def last(self) -> AttemptDraft:
        """The attempt that is judged."""
        return self.attempts[max(self.attempts)]

    @property
    def is_finished(self) -> bool:
        """Whether the last attempt came to an end."""
        return bool(self.attempts) and self.last.outcome is not None

    @property
    def has_records(self) -> bool:
        """Whether any attempt measured anything."""
        return any(attempt.records for attempt in self.attempts.values())

    def gate(self, nodeid: str) -> Gate:
        """Return the gate."""
        attempts = tuple(self.attempts[number].finished() for number in sorted(self.attempts))
        return Gate(nodeid, self.facts.suite, self.facts.name, self.facts.model, self.facts.task, attempts)


def _outcome(report: pytest.TestReport, broken: bool) -> str | None:
    """Return what a report says about its attempt; None when it says nothing."""
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.skipped:
        return "skipped"
    if report.passed:
        return "passed" if report.when == "call" else None
    # "failed", or "rerun" of a rerun plugin. A gate that raised anything but a failed assertion was not judged.
    return "failed" if report.when == "call" and not broken else "error"


def _message(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):  # a skip: file, line, reason
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message)
    # Not longreprtext: of a worker of pytest-xdist it begins with the path of its Python.
    text = str(report.longrepr or getattr(report, "wasxfail", ""))
    errors = [line[1:].strip() for line in text.splitlines() if line.startswith("E  ")]  # of a missing fixture
    return errors[0] if errors else text
