"""Judges the verdicts of a whole session together, once the last of them is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_llmcal.plugin.drafts import AttemptDraft, GateDraft
from pytest_llmcal.records import Record


def step_down_gates(drafts: Mapping[str, GateDraft]) -> list[str]:
    """Refute what Holm's procedure refutes and a verdict's own share did not; return the gates this turned red.

    A gate that an undecided verdict let pass, or skipped, then fails. One that failed already only says
    more: refuted instead of undecided.
    """
    last = {nodeid: draft.last for nodeid, draft in drafts.items() if draft.attempts}
    places = [(nodeid, sequence) for nodeid in sorted(last) for sequence in sorted(last[nodeid].records)]
    asked = [(nodeid, last[nodeid].records[sequence]) for nodeid, sequence in places]
    asked = [(nodeid, record) for nodeid, record in asked if record.p_value is not None]
    turned: list[str] = []
    for (nodeid, record), is_rejected in zip(asked, _rejected([record for _, record in asked]), strict=True):
        if is_rejected and record.outcome == "undecided" and _overturn(last[nodeid], record):
            turned.append(nodeid)
    return turned


def _rejected(records: list[Record]) -> list[bool]:
    if not records:
        return []
    import numpy as np  # a run without gates never needs it

    from pytest_llmcal.statistics.multiple_testing import step_down

    p_values = np.array([record.p_value for record in records], dtype=np.float64)
    shares = np.array([record.share for record in records])
    # One verdict errs on one side, with half of the two-sided rate.
    level = (1.0 - min(record.confidence for record in records)) / 2.0
    return [bool(one) for one in step_down(p_values, shares, level)]


def _overturn(attempt: AttemptDraft, record: Record) -> bool:
    """Refute a record; tell whether this turns its gate red."""
    claim = record.explanation.partition(" is undecided: ")[0]
    explanation = (
        f"{claim} is refuted: among all gates of the run, by Holm's procedure "
        f"(it would be at an error rate of {record.p_value:.2g}). {_details(record)}"
    )
    attempt.records[record.sequence] = replace(record, outcome="refuted", explanation=explanation)
    if attempt.outcome not in {"passed", "skipped"}:
        return False
    attempt.outcome = "failed"
    attempt.messages.append(explanation)
    return True


def _details(record: Record) -> str:
    reason = record.explanation.partition(" is undecided: ")[2]
    return reason[:1].upper() + reason[1:]
