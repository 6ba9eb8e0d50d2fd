"""One test of a run, attempt by attempt, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmcal.records.errors import RunError
from pytest_llmcal.records.record import Record

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
"""What can become of a test, as pytest counts it."""

MEASURED_NOTHING = "measured nothing"
"""Verdict of a gate that passed without judging any measurement, which says nothing about its model."""


@dataclass(frozen=True)
class Attempt:
    """One execution of a gate; a rerun adds another.

    Attributes
    ----------
    outcome : str
        One of `OUTCOMES`.
    seconds : float
        Wall time of the test's body, fixtures included.
    message : str
        Why it did not pass, the last line of the error first; empty when it passed.
    records : tuple of Record
        What was judged, in order.

    Raises
    ------
    RunError
        If the outcome is none of `OUTCOMES`.
    """

    outcome: str
    seconds: float
    message: str = ""
    records: tuple[Record, ...] = ()

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise RunError(f"an attempt has the outcome {self.outcome!r}; allowed are {OUTCOMES}")


@dataclass(frozen=True)
class Gate:
    """One test of a run: the last attempt is judged, all are kept.

    Attributes
    ----------
    nodeid : str
        pytest's name of the test.
    suite : str
        Folder or file that it belongs to, for instance ``"suites/qa"``.
    name : str
        The test's name with its own parameters, but without the model's.
    model, task : str or None
        What it was run on.
    attempts : tuple of Attempt
        At least one.

    Raises
    ------
    RunError
        If there is no attempt.
    """

    nodeid: str
    suite: str
    name: str
    model: str | None
    task: str | None
    attempts: tuple[Attempt, ...]

    def __post_init__(self) -> None:
        if not self.attempts:
            raise RunError(f"gate {self.nodeid!r} has no attempt; a gate that was not run is no gate of a run")

    @property
    def outcome(self) -> str:
        """Outcome of the last attempt."""
        return self.attempts[-1].outcome

    @property
    def records(self) -> tuple[Record, ...]:
        """Records of the last attempt."""
        return self.attempts[-1].records

    @property
    def verdict(self) -> str:
        """``holds``, ``refuted``, ``undecided``, ``measured nothing``, or pytest's word where nothing was decided.

        A failed test is refuted unless all that kept it from passing was undecided;
        a test that passes on an undecided verdict (by option) still says so, and one
        that passes without judging any measurement holds nothing.
        """
        outcomes = {record.outcome for record in self.records}
        undecided = "undecided" in outcomes
        if self.outcome in {"passed", "xpassed"}:
            return "undecided" if undecided else "holds" if outcomes else MEASURED_NOTHING
        if self.outcome in {"failed", "xfailed"}:
            return "undecided" if undecided and not outcomes & {"refuted", "false"} else "refuted"
        return self.outcome
