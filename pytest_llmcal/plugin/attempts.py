"""What one execution of a test records, as plain values that pass between processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_llmcal.measurement import Bin, LeftOut, MeasurementError, Verdict
from pytest_llmcal.records import Record

if TYPE_CHECKING:
    from pytest_llmcal.plugin.drafts import AttemptDraft
    from pytest_llmcal.plugin.looks import Looks

PlainRecord = dict[str, Any]


@dataclass
class AttemptLog:
    """One execution of a test.

    Attributes
    ----------
    number : int
        1 for the first execution; reruns count on.
    draft : AttemptDraft
        What its reports have said so far.
    records : list of dict
        What was judged so far, as plain values.
    reported : int
        How many of the records are on a report already.
    explained : int
        How many of the records a failure text has explained already.
    notes : list of str
        What the reader of the run should know besides.
    verdicts : list of (Verdict, str, int)
        Every verdict, and the file and line where it was reached.
    subjects : list of dict
        The sets of answers that this attempt is the first to speak about, as plain values.
    share : callable or None
        The share of each verdict in the error rate of the run, where verdicts share one.
    looks : Looks or None
        The changes of prompts that were looked at, where there were any.
    """

    number: int
    draft: AttemptDraft
    records: list[PlainRecord] = field(default_factory=list)
    reported: int = 0
    explained: int = 0
    notes: list[str] = field(default_factory=list)
    verdicts: list[tuple[Verdict, str, int]] = field(default_factory=list)
    subjects: list[dict[str, Any]] = field(default_factory=list)
    share: Callable[[], float] | None = None
    looks: Looks | None = None

    def for_report(self, phase: str) -> list[PlainRecord]:
        """Return what a report of a phase carries.

        The report of the call carries everything, so nothing hangs on another report
        being delivered; the reports around it carry what is new, so nothing is sent thrice.
        """
        start = 0 if phase == "call" else self.reported
        self.reported = len(self.records)
        return self.records[start:]

    def unexplained(self) -> list[PlainRecord]:
        """Return the records since the last failure text, each once."""
        start, self.explained = self.explained, len(self.records)
        return self.records[start:]


def to_plain(record: Record) -> PlainRecord:
    """Turn a record into builtins.

    A report travels between pytest-xdist's processes only if every value on it is a
    builtin, and a run from which one is missing must not look green. So the record goes
    through JSON here, inside the test, where a value that is none fails the test.

    Raises
    ------
    MeasurementError
        If a value is neither a builtin nor a scalar of numpy or torch.
    """
    plain: PlainRecord = json.loads(json.dumps(asdict(record), default=_scalar))
    return plain


def from_plain(plain: Mapping[str, Any]) -> Record:
    """Turn builtins back into the record that they were."""
    curves = {name: tuple(Bin(**row) for row in plain[name]) for name in ("curve", "before")}
    return Record(**{**plain, **curves, "left_out": tuple(LeftOut(**row) for row in plain["left_out"])})


def negative(records: Sequence[PlainRecord]) -> list[PlainRecord]:
    """Return the records that speak against what was asked."""
    return [record for record in records if record["outcome"] in {"refuted", "undecided", "false"}]


def _scalar(value: object) -> object:
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    raise MeasurementError(f"a measurement must hold plain numbers and texts, got {value!r}, a {type(value).__name__}")
