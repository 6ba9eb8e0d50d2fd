"""Makes one run of the reports of all tests, wherever they were executed."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime, timezone
from time import perf_counter
from typing import Any

import pytest

from pytest_llmcal.plugin.drafts import GateDraft
from pytest_llmcal.plugin.gates import GateFacts
from pytest_llmcal.plugin.stash import GATE, SETTINGS
from pytest_llmcal.plugin.stepping_down import step_down_gates
from pytest_llmcal.records import ModelFacts, Run, Subject, lean


class Collector:
    """Sees the reports of a session and what ends it.

    Attributes
    ----------
    planned : dict of str to GateFacts
        The gates that were collected and not deselected, by nodeid.
    notes : list of str
        What the reader should know besides, each once.
    locations : dict of str to (str, int)
        File of each test that reported, relative to pytest's root, and its line from 1 on, by nodeid.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.planned: dict[str, GateFacts] = {}
        self.notes: list[str] = []
        self.locations: dict[str, tuple[str, int]] = {}
        self._config = config
        self._drafts: dict[str, GateDraft] = {}
        self._models: dict[str, ModelFacts] = {}
        self._subjects: dict[str, Subject] = {}
        self._troubles: list[str] = []
        self._started = datetime.now(timezone.utc)
        self._clock = perf_counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the gates of this process; with pytest-xdist the workers tell theirs."""
        self.plan({item.nodeid: item.stash[GATE] for item in session.items if GATE in item.stash})

    def plan(self, gates: Mapping[str, GateFacts]) -> None:
        """Expect these gates to run."""
        self.planned.update(gates)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected."""
        if report.failed:
            self._troubles.append(f"{report.nodeid} could not be collected.")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a report in."""
        path, line, _ = report.location  # of a test whose worker died, without the line
        self.locations.setdefault(report.nodeid, (path, (line or 0) + 1))
        carried: dict[str, Any] | None = getattr(report, "llmcal", None)
        if carried is not None:
            gate = GateFacts(**carried["gate"])
            draft = self._drafts.setdefault(report.nodeid, GateDraft(gate))
            draft.facts = gate  # a gate that asks for its fixtures late is not known in full before
            draft.add(report, carried)
            self.notes += [note for note in carried["notes"] if note not in self.notes]
            for plain in carried["subjects"]:
                self._subjects.setdefault(plain["key"], Subject.from_plain(plain))
            if carried["facts"] is not None:
                self._models[carried["facts"]["name"]] = ModelFacts(**carried["facts"])
        elif report.when not in {"setup", "call", "teardown"} and report.nodeid in self.planned:
            # pytest-xdist reports a test whose worker died in a phase of its own.
            draft = self._drafts.setdefault(report.nodeid, GateDraft(self.planned[report.nodeid]))
            reason = _last_line(report.longrepr)
            draft.crash(reason)
            self._troubles.append(f"{reason.rstrip('.')}.")

    def pytest_internalerror(self, excrepr: object) -> None:
        """Note that pytest, or a worker of pytest-xdist, broke down."""
        self._troubles.append(f"pytest broke down: {_last_line(excrepr)}")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Note what ends the tests early, and turn a run red that would be green for want of measurements."""
        try:
            result = yield
        except BaseException as error:
            self._troubles.append(f"The run was stopped: {str(error) or type(error).__name__}.")
            raise
        settings = self._config.stash[SETTINGS]
        if settings.correction == "holm":
            turned = step_down_gates(self._drafts, settings.undecided)
            if turned:
                session.testsfailed += len(turned)
                self.notes.append(
                    f"{_named(turned)} let pass undecided and fails after all: judged with all others, by Holm's "
                    "procedure, it is refuted"
                )
        if self.refusal() is not None:
            session.testsfailed += 1
        return result

    @property
    def used(self) -> bool:
        """Whether the run has anything to do with gates."""
        option = self._config.option
        runs_tests = not (option.collectonly or option.setuponly or option.setupplan)
        return bool(self.planned or self._drafts) and runs_tests

    def refusal(self) -> str | None:
        """Say why the run must not be green whatever its tests say; None when there is no reason."""
        if not self.used:
            return None
        if self._unfinished():
            return f"{_named(self._unfinished())} collected and did not run to the end"
        return None if self._config.stash[SETTINGS].allow_empty else self._unmeasured()

    def run(self, environment: Mapping[str, str], context: Mapping[str, str]) -> Run:
        """Return what was seen as a run."""
        problems = self._problems()
        return Run(
            started=self._started.isoformat(timespec="seconds"),
            seconds=round(perf_counter() - self._clock, 3),
            complete=not problems,
            problems=tuple(problems),
            environment={**environment, "notes": " ".join(sorted(self.notes))} if self.notes else environment,
            context=context,
            models=tuple(self._models[name] for name in sorted(self._models)),
            gates=tuple(lean(self._drafts[nodeid].gate(nodeid), self._subjects) for nodeid in sorted(self._drafts)),
            subjects=tuple(self._subjects[key] for key in sorted(self._subjects)),
        )

    def _unmeasured(self) -> str | None:
        """Say of which models, or whether of all there is, no gate recorded anything.

        Gates without a model need not measure in a run that measures its models.
        """
        drafts = self._drafts.values()
        measured = {draft.facts.model for draft in drafts if draft.has_records}
        models = {draft.facts.model for draft in drafts if draft.facts.model is not None} - measured
        if measured and not models:
            return None
        concerned = models if measured else {draft.facts.model for draft in drafts}
        gates = [nodeid for nodeid in sorted(self._drafts) if self._drafts[nodeid].facts.model in concerned]
        return (
            f"{_named(gates)} collected and nothing was measured{_of(sorted(models))}; "
            "--llmcal-allow-empty lets such a run pass"
        )

    def _unfinished(self) -> list[str]:
        finished = {nodeid for nodeid, draft in self._drafts.items() if draft.is_finished}
        return sorted(set(self.planned) - finished)

    def _problems(self) -> list[str]:
        problems = list(dict.fromkeys(self._troubles))
        unfinished = self._unfinished()
        if unfinished:
            problems.append(f"{_named(unfinished)} collected and did not run to the end.")
        return problems + self._errors()

    def _errors(self) -> list[str]:
        """Name the gates that could not be judged, those with the same reason together."""
        gates_by_reason: dict[str, list[str]] = {}
        for nodeid, draft in sorted(self._drafts.items()):
            if draft.is_finished and draft.last.outcome == "error":
                gates_by_reason.setdefault(draft.last.reason, []).append(nodeid)
        return [f"{_named(nodeids)} not judged: {reason}" for reason, nodeids in gates_by_reason.items()]


def _named(nodeids: Sequence[str]) -> str:
    """Name up to three gates, as the subject of a sentence in the past tense."""
    if len(nodeids) == 1:
        return f"The gate {nodeids[0]} was"
    rest = f" and {len(nodeids) - 3} more" if len(nodeids) > 3 else ""
    return f"{len(nodeids)} gates ({', '.join(nodeids[:3])}{rest}) were"


def _last_line(shown: object) -> str:
    """Return what went wrong; the lines before say where, with paths of the machine that it went wrong on."""
    lines = str(shown or "").strip().splitlines()
    return lines[-1] if lines else "no reason was given"


def _of(models: Sequence[str]) -> str:
    """Name the models of which nothing is known, if there are any."""
    if not models:
        return ""
    return f" of the model{'s' if len(models) > 1 else ''} {' and '.join(map(repr, models))}"
