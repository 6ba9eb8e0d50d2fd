"""Judges the verdicts of a whole session together, once the last of them is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_llmcal.plugin.drafts import AttemptDraft, GateDraft
from pytest_llmcal.records import Record


def step_down_gates(drafts: Mapping[str, GateDraft], undecided: str) -> list[str]:
    """Refute what Holm's procedure refutes and a verdict's own share did not; return the gates this turned red.

    A gate that an undecided verdict let pass, or skipped, as the option ``undecided`` says, then fails. Any other only
    says more: refuted instead of undecided.
    """
    let_through = {"pass": "passed", "skip": "skipped"}.get(undecided)
    last = {nodeid: draft.last for nodeid, draft in drafts.items() if draft.attempts}
    places = [(nodeid, sequence) for nodeid in sorted(last) for sequence in sorted(last[nodeid].records)]
    asked = [(nodeid, last[nodeid].records[sequence]) for nodeid, sequence in places]
    asked = [(nodeid, record) for nodeid, record in asked if record.p_value is not None]
    turned: list[str] = []
    for (nodeid, record), is_rejected in zip(asked, _rejected([record for _, record in asked]), strict=True):
        if is_rejected and record.outcome == "undecided" and _overturn(last[nodeid], record, let_through):
            turned.append(nodeid)
    return turned


def _rejected(records: list[Record]) -> list[bool]:
    if not records:
        return []
    import numpy as np  # a run without gates never needs it

    from pytest_llmcal.statistics.multiple_testing import step_down

    # Verdicts at unlike levels are put in order by how much of its own rate each would spend. One verdict errs on one
    # side, with half of the two-sided rate.
    spent = [2.0 * (record.p_value or 0.0) / (1.0 - record.confidence) for record in records]
    shares = np.array([record.share for record in records])
    return [bool(one) for one in step_down(np.minimum(spent, 1.0), shares, 1.0)]


def _overturn(attempt: AttemptDraft, record: Record, let_through: str | None) -> bool:
    """Refute a record; tell whether this turns its gate red."""
    claim = record.explanation.partition(" is undecided: ")[0]
    explanation = (
        f"{claim} is refuted: among all gates of the run, by Holm's procedure "
        f"(it would be at an error rate of {record.p_value:.2g}). {_details(record)}"
    )
    attempt.records[record.sequence] = replace(record, outcome="refuted", explanation=explanation)
    if attempt.outcome != let_through:
        return False
    attempt.outcome = "failed"
    attempt.messages.append(explanation)
    return True


def _details(record: Record) -> str:
    reason = record.explanation.partition(" is undecided: ")[2].partition("; that would refute it by itself")[0]
    reason += "" if reason.endswith(".") else "."
    return reason[:1].upper() + reason[1:]
