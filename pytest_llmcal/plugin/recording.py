"""Watches every test: sets the rules it is judged under and puts what it records on its reports."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, replace
from typing import Any

import pytest

from pytest_llmcal.measurement import Correction, Observation, Rules, Verdict, shares, using
from pytest_llmcal.plugin.assertions import explain_failure
from pytest_llmcal.plugin.attempts import AttemptLog, to_plain
from pytest_llmcal.plugin.drafts import AttemptDraft
from pytest_llmcal.plugin.gates import GateFacts
from pytest_llmcal.plugin.junit import gate_properties
from pytest_llmcal.plugin.looks import keep_one_look, settle
from pytest_llmcal.plugin.stash import ATTEMPT, COUNTED, GATE, GATES, ITEMS, MODELS, SETTINGS, SUBJECTS
from pytest_llmcal.plugin.unread import users_line, warn_of_unread
from pytest_llmcal.records import Record


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Begin an attempt: a rerun sets the same test up again, and its records are its own."""
    before = item.stash.get(ATTEMPT, None)
    item.stash[ATTEMPT] = AttemptLog(number=before.number + 1 if before else 1, draft=AttemptDraft())
    with using(_rules(item)):
        result = yield
    item.stash[ATTEMPT].verdicts.clear()  # what a fixture judged may be asserted by another test
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Judge and record what the test measures."""
    log = item.stash[ATTEMPT]
    with using(_rules(item)):
        try:
            result = yield
        finally:
            keep_one_look(log)
        settle(log)
    warn_of_unread(log)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the records on the report, which is the one thing that outlives a crashed worker."""
    report = yield
    log = item.stash.get(ATTEMPT, None)
    gate = item.stash.get(GATE, None)
    if log is None or gate is None:
        return report
    report.llmcal = {  # type: ignore[attr-defined]  # reports can contain arbitrary extra attributes
        "gate": asdict(gate),
        "attempt": log.number,
        "records": log.for_report(call.when),
        "subjects": list(log.subjects),
        "facts": _facts(item, gate),
        "broken": _is_broken(call),
        "notes": list(log.notes),
    }
    log.draft.add(report, report.llmcal)
    if report.failed and not report.llmcal["broken"]:
        explain_failure(report, log.unexplained())
    if call.when == "teardown":  # the report that JUnit XML takes properties from
        report.user_properties.extend(gate_properties(gate, log.draft, log.records))
    return report


def _rules(item: pytest.Item) -> Rules:
    settings = item.config.stash[SETTINGS]
    log = item.stash[ATTEMPT]

    def observe(observation: Observation) -> None:
        if GATE not in item.stash:  # a test that merely handles measurements asked for no run and no report
            return
        if settings.correction != "none" and COUNTED not in item.stash:
            pytest.fail(
                "this test became a gate as it ran, so the error rate that all gates share was shared out without it: "
                "mark it with @pytest.mark.llmcal, or name a fixture of a gate among its arguments"
            )
        record = _record(item, observation, sequence=len(log.records) + 1)
        log.records.append(to_plain(record))
        _keep_items(item, observation, record)
        if observation.verdict is not None:
            log.verdicts.append((observation.verdict, *users_line()))
        item.ihook.pytest_llmcal_record(record=record, item=item)
        if record.in_sample:
            pytest.fail(
                f"{record.explanation} But the calibrator {record.calibrator} was fitted on these items, so this says "
                "nothing about new ones: fit it on others, use cross_fit, or say transform(..., in_sample=True)."
            )
        if observation.verdict is None and observation.measurement.hides_too_much:
            pytest.fail(
                f"{record.explanation} But where {observation.measurement._too_much_hidden()}, no claim holds: have "
                "the model say a confidence that can be read about more of the items, or gate scores.unanswered()."
            )

    return Rules(
        confidence=settings.confidence,
        undecided=_UNDECIDED[settings.undecided],
        observe=observe,
        correction=_correction(item, log),
    )


def _record(item: pytest.Item, observation: Observation, sequence: int) -> Record:
    """Write an observation down, and what it speaks about where that is new."""
    models = item.config.stash[MODELS]
    record = models.as_named(Record.of(observation, sequence))
    key, subject = item.config.stash[SUBJECTS].of(observation.measurement, record, models.answered(record))
    if subject is not None:
        item.stash[ATTEMPT].subjects.append(subject.to_plain())
    return replace(record, subject=key)


def _keep_items(item: pytest.Item, observation: Observation, record: Record) -> None:
    """Keep what was measured item by item; where that fails, the gate is judged all the same."""
    scores = observation.measurement.scores
    if scores is None:
        return
    try:
        item.config.stash[ITEMS].keep(scores, record.model)
    except OSError as error:
        item.stash[ATTEMPT].notes.append(f"Item scores could not be kept: {error}.")


def _correction(item: pytest.Item, log: AttemptLog) -> Correction | None:
    method = item.config.stash[SETTINGS].correction
    if method == "none":
        return None
    gates = item.config.stash[GATES]
    log.share = log.share or shares(gates)  # one sequence for fixtures and test
    return Correction("holm" if method == "holm" else "bonferroni", gates, log.share)


def _skip(verdict: Verdict) -> bool:
    pytest.skip(verdict.explain())


_UNDECIDED = {"fail": lambda _: False, "pass": lambda _: True, "skip": _skip}


def _facts(item: pytest.Item, gate: GateFacts) -> dict[str, Any] | None:
    facts = item.config.stash[MODELS].facts.get(gate.model or "")
    return asdict(facts) if facts else None


def _is_broken(call: pytest.CallInfo[None]) -> bool:
    """Tell a gate that could not be judged from one that was judged and failed."""
    judged = (AssertionError, pytest.fail.Exception)
    return call.excinfo is not None and not call.excinfo.errisinstance(judged)
