"""Curves that many records share are kept once, with the answers that they speak about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_llmcal.measurement import Bin
from pytest_llmcal.records.gate import Gate
from pytest_llmcal.records.record import Record
from pytest_llmcal.records.subject import Subject

Subjects = Mapping[str, Subject]
"""By their keys."""


def curves_of(record: Record, subjects: Subjects) -> tuple[tuple[Bin, ...], tuple[Bin, ...]]:
    """Return the reliability curve behind a record and the one before calibration: its own, or its subject's."""
    subject = subjects.get(record.subject or "")
    if record.curve or subject is None:
        return record.curve, record.before
    return subject.portrait.bins, subject.portrait.before


def lean(gate: Gate, subjects: Subjects) -> Gate:
    """Return a gate whose records leave out the curves that their subjects keep."""
    return replace(
        gate,
        attempts=tuple(
            replace(attempt, records=tuple(_lean(record, subjects) for record in attempt.records))
            for attempt in gate.attempts
        ),
    )


def _lean(record: Record, subjects: Subjects) -> Record:
    subject = subjects.get(record.subject or "")
    if subject is None or record.curve != subject.portrait.bins or record.before != subject.portrait.before:
        return record
    return replace(record, curve=(), before=())
