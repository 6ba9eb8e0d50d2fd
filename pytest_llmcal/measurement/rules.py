"""The rules that measurements are judged under, and who is told of each judgement.

A run sets them for the span of one test; without a run the defaults hold. They live
in a context variable, so two runs in one process never see each other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pytest_llmcal.measurement.measurement import Measurement
    from pytest_llmcal.measurement.verdict import Verdict


@dataclass(frozen=True)
class Observation:
    """One judgement of a measurement: a comparison or a verdict.

    Attributes
    ----------
    measurement : Measurement
        What was judged.
    relation : str
        ``"<"``, ``"<="``, ``">"`` or ``">="`` for a plain comparison;
        that of the verdict, such as ``"below"`` or ``"not_worse_than"``.
    limit : float or None
        What it was held against.
    outcome : str
        ``"true"`` or ``"false"`` for a comparison; the status of a verdict.
    explanation : str
        One plain sentence.
    verdict : Verdict or None
        The verdict itself; None for a comparison.
    """

    measurement: Measurement
    relation: str
    limit: float | None
    outcome: str
    explanation: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Correction:
    """How the verdicts of a run share one error rate, so that all together refute no more often in error than one.

    Only refuting is corrected. To be released, a model must pass all of its gates, and a claim that is
    false is found to hold no more often where others are asked besides it (intersection-union
    test, Berger 1982).

    Attributes
    ----------
    method : {"bonferroni", "holm"}
        Each verdict by its share (Bonferroni), or, at the end of a run, also by what the shares of those
        that were refuted before it leave to it (Holm 1979).
    gates : int
        How many gates share.
    share : callable
        The share of the next verdict, above 0 and at most 1.
    unit : str
        What shares, if not gates.
    """

    method: Literal["bonferroni", "holm"]
    gates: int
    share: Callable[[], float]
    unit: str = "gate"


def _fail_undecided(_: Verdict) -> bool:
    return False


def _tell_nobody(_: Observation) -> None:
    return None


@dataclass(frozen=True)
class Rules:
    """How measurements are judged.

    Attributes
    ----------
    confidence : float
        Level of the two-sided intervals, between 0 and 1.
    undecided : callable
        What ``bool(verdict)`` gives for an undecided verdict, but False where too many items are left out; it may
        raise.
    observe : callable
        Told of every comparison and verdict.
    correction : Correction or None
        How verdicts of one run are judged together; None judges each by itself.
    """

    confidence: float = 0.95
    undecided: Callable[[Verdict], bool] = _fail_undecided
    observe: Callable[[Observation], None] = _tell_nobody
    correction: Correction | None = None


_RULES: ContextVar[Rules] = ContextVar("pytest_llmcal_rules", default=Rules())  # noqa: B039  # frozen, so nothing can be shared by mistake


def current_rules() -> Rules:
    """Return the rules in force."""
    return _RULES.get()


@contextmanager
def using(rules: Rules) -> Iterator[Rules]:
    """Put rules in force for the span of a ``with`` block."""
    token = _RULES.set(rules)
    try:
        yield rules
    finally:
        _RULES.reset(token)
