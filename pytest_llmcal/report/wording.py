"""Names of tests, metrics and relations in words that a reader knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_llmcal.measurement import (
    LEFT_OUT_RULE,
    OUTCOME_RULES,
    Portrait,
    higher_is_better,
    metric_of,
    said_of_left_out,
)
from pytest_llmcal.measurement import title as title_of
from pytest_llmcal.records import MEASURED_NOTHING, Gate, Record, Subject
from pytest_llmcal.report import numbers

_RELATIONS = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "above": "at least",
    "below": "at most",
    "is_calibrated": "calibrated, at most",
    "is_monotone": "at most",
}

_BOTH_LIMITS = re.compile(r"lies between (\S+) and (\S+) (?:holds|is)\b")

_SMALL_IS_WANTED = frozenset({"<", "<=", "below", "is_calibrated", "is_monotone"})
_LARGE_IS_WANTED = frozenset({">", ">=", "above"})


def wanted(record: Record) -> Literal["small", "large"] | None:
    """Return which values satisfy what was asked of a measurement; None where it is neither side of its limit."""
    if record.relation == "not_worse_than":
        return "large" if higher_is_better(record.metric) else "small"
    if record.relation == "unmoved":  # both ways; the limit is that of the way it went
        return "large" if (record.limit or 0.0) < 0.0 else "small"
    if record.relation in _SMALL_IS_WANTED:
        return "small"
    return "large" if record.relation in _LARGE_IS_WANTED else None


@dataclass(frozen=True)
class Label:
    """A verdict for the eye.

    Attributes
    ----------
    word : str
        What is written.
    tone : {"holds", "refuted", "undecided", "error", "skipped"}
        What it is coloured and marked as.
    """

    word: str
    tone: str

    def counted(self, count: int) -> str:
        """Return the word as it follows a count.

        Examples
        --------
        >>> Label("holds", "holds").counted(5), Label("error", "error").counted(1)
        ('5 hold', '1 error')
        """
        verb, _, rest = self.word.partition(" ")
        word = f"{_SEVERAL[verb]} {rest}".strip() if count != 1 and verb in _SEVERAL else self.word
        return f"{count} {word}"


_SEVERAL = {"holds": "hold", "error": "errors", "fails": "fail", "passes": "pass"}

TONES = ("refuted", "error", "undecided", "skipped", "holds")
"""The worst first."""

HOLDS, REFUTED, UNDECIDED, ERROR, SKIPPED = (
    Label(tone, tone) for tone in ("holds", "refuted", "undecided", "error", "skipped")
)

UNMEASURED = Label(MEASURED_NOTHING, "skipped")

_EXPECTED = {
    "xfailed": Label("fails as expected", "skipped"),
    "xpassed": Label("passes unexpectedly", "holds"),
}


def verdict(gate: Gate) -> Label:
    """Return what became of a gate."""
    found, outcome = gate.verdict, gate.outcome
    if found == UNMEASURED.word:
        return UNMEASURED
    if outcome in _EXPECTED:
        return _EXPECTED[outcome]
    if found == "undecided" and outcome == "passed":
        return Label("undecided, let pass", "undecided")
    return Label(found, found)


def outcome(record: Record) -> Label:
    """Return what a measurement said about its limit."""
    tone = {"true": "holds", "false": "refuted"}.get(record.outcome, record.outcome)
    return Label(record.outcome, tone)


def title(name: str) -> str:
    """Return a test's name as people say it.

    Examples
    --------
    >>> title("test_confidence_can_be_trusted"), title("test_trust[world/qa-top_1]")
    ('confidence can be trusted', 'trust [world/qa-top_1]')
    """
    words, bracket, parameters = name.partition("[")
    said = words.removeprefix("test_").replace("_", " ").strip()
    return " ".join(part for part in (said, bracket + parameters) if part) if said else name


def subject(record: Record) -> str:
    """Return what was measured: the metric, of which group, of which confidence, after which calibrator."""
    parts = [title_of(record.metric) if record.relation != "unmoved" else _moved(record)]
    if record.group is not None:
        parts.append(f"for {record.group}")
    if record.confidence_method is not None:
        parts.append(f"of confidence by {record.confidence_method}")
    if record.calibrator is not None:
        parts.append(f"after {record.calibrator}")
    return " ".join(parts)


def _moved(record: Record) -> str:
    """Return what moved when prompts were changed, and which change it was: its claim names it."""
    ends = " holds: " if record.outcome == "holds" else f" is {record.outcome}: "
    change = record.explanation.partition(" when ")[2].partition(ends)[0] or "prompts are changed"
    metric = metric_of(record.metric)
    if metric is None:
        return f"{title_of(record.metric)} when {change}"
    return f"{title_of(metric)} when {change}, less before"


def claim(record: Record) -> str:
    """Return what was asked of a measurement, for instance "at most 0.05"."""
    if record.relation == "not_worse_than" and record.limit is not None:
        return f"at most {numbers.limit(abs(record.limit))} worse" if record.limit else "not worse"
    if record.relation == "unmoved" and record.limit is not None:
        moved = "" if metric_of(record.metric) is None else "moved by "
        return f"{moved}at most {numbers.limit(abs(record.limit))}"
    between = record.relation == "between" and _BOTH_LIMITS.search(record.explanation)
    if between:  # the record's own limit is the nearer one
        return f"between {between[1]} and {between[2]}"
    relation = record.relation.replace("_", " ")
    if record.limit is None:
        return relation
    return f"{_RELATIONS.get(record.relation, relation)} {numbers.limit(record.limit)}"


def interval(record: Record) -> str:
    """Return the interval of a measurement."""
    return f"{numbers.number(record.low)} to {numbers.number(record.high)}"


def before_and_after(record: Record) -> str | None:
    """Return both numbers of a measurement of calibrated scores, each with its interval; None of others."""
    if record.before_estimate is None or record.before_low is None or record.before_high is None:
        return None
    before = _with_interval(record.before_estimate, record.before_low, record.before_high)
    return f"before {before} \N{RIGHTWARDS ARROW} after {_with_interval(record.estimate, record.low, record.high)}"


def change(record: Record) -> str | None:
    """Say whether calibration changed a number for real; None where there is nothing before.

    By the paired difference where it is known. Else two intervals that lie apart are enough, and two that
    overlap say nothing.
    """
    if record.before_estimate is None or record.before_low is None or record.before_high is None:
        return None
    if (record.estimate, record.low, record.high) == (record.before_estimate, record.before_low, record.before_high):
        return "unchanged"
    if record.change is not None and record.change_low is not None and record.change_high is not None:
        return f"the change, {_with_interval(record.change, record.change_low, record.change_high)}, {_real(record)}"
    if record.high < record.before_low or record.low > record.before_high:
        return "the change is real: the intervals lie apart"
    return "the intervals overlap, so they do not tell whether the change is real"


def _real(record: Record) -> str:
    assert record.change_low is not None
    assert record.change_high is not None
    if record.change_low == record.change_high == 0.0:
        return "is none"
    return "is real" if record.change_low > 0.0 or record.change_high < 0.0 else "may be chance"


def _with_interval(estimate: float, low: float, high: float) -> str:
    return f"{numbers.number(estimate)} [{numbers.number(low)}, {numbers.number(high)}]"


def in_numbers(record: Record, *, items: int | None = None) -> str:
    """Return what there is to know of a number besides itself, in one line: items, noise floor, true value.

    Parameters
    ----------
    record : Record
        Whose number it is.
    items : int or None
        How many items its answers are said to be elsewhere; where it has as many, it does not say so again.
    """
    parts = [] if record.n == items else [numbers.plural(record.n, "item")]
    if record.noise_floor_mean is not None and record.noise_floor_p95 is not None:
        floor, most = numbers.number(record.noise_floor_mean), numbers.number(record.noise_floor_p95)
        parts.append(f"noise floor {floor} (95%: {most})")
    if record.exact is not None:
        parts.append(f"true value {numbers.number(record.exact)}")
    if record.debiased is not None and record.debiased != record.estimate:
        parts.append(f"bias removed {numbers.number(record.debiased)}")
    if record.left_out:
        parts.append(left_out(record))
    return "; ".join(parts)


def before(record: Record) -> str | None:
    """Return the number before calibration and whether the change is real; None of what was not calibrated."""
    if record.before_estimate is None or record.before_low is None or record.before_high is None:
        return None
    return f"before {_with_interval(record.before_estimate, record.before_low, record.before_high)}: {change(record)}"


def reason(record: Record) -> str:
    """Return what was measured and what was asked for, in one breath."""
    return f"{subject(record)} is {numbers.number(record.estimate)}, asked for {claim(record)}"


def says_more(record: Record) -> bool:
    """Tell whether the sentence of a judgement says more than its numbers."""
    return record.outcome not in {"true", "holds"} or record.relation not in _PLAIN


_PLAIN = frozenset({"<", "<=", ">", ">=", "below", "above"})


def answers(subject: Subject) -> str:
    """Return whose answers are meant, for a heading on the page of their model."""
    words = "Answers" if subject.task is None else f"Answers to {subject.task}"
    words += "" if subject.split is None else f", {subject.split} split"
    words += "" if subject.confidence_method is None else f", confidence by {subject.confidence_method}"
    return words if subject.calibrator is None else f"{words}, after {subject.calibrator}"


def left_out(record: Record) -> str:
    """Return which items are left out of a measurement, as a sentence without its full stop."""
    return said_of_left_out(record.left_out, record.n)


def outcomes(portrait: Portrait) -> list[tuple[str, str, str]]:
    """Return each kind of answer with how many there are and how they are counted, and the items left out.

    Nothing where all are answers like any other.
    """
    found = [
        (each.name, f"{numbers.plural(each.n, 'item')}, {numbers.share(each.accuracy)} right", OUTCOME_RULES[each.name])
        for each in portrait.outcomes
    ]
    if portrait.left_out:
        found.append(("left out", said_of_left_out(portrait.left_out, portrait.n), LEFT_OUT_RULE))
    return [] if [name for name, _, _ in found] == ["answered"] else found


def unusual(portrait: Portrait) -> str:
    """Say in one line which answers are not judged like any other, and which items are left out; empty if none.

    Examples
    --------
    >>> from pytest_llmcal.measurement import LeftOut, OutcomeResult
    >>> kinds = (OutcomeResult("answered", 95, 0.8), OutcomeResult("refused", 3, 0.0))
    >>> unusual(Portrait(98, 0.78, 0.8, (), outcomes=kinds, left_out=(LeftOut("unparseable", 2),)))
    '3 refused; 2 of 100 items are left out: unparseable 2'
    """
    kinds = ", ".join(f"{each.n} {each.name}" for each in portrait.outcomes if each.name != "answered")
    return "; ".join(part for part in (kinds, said_of_left_out(portrait.left_out, portrait.n)) if part)


def method(record: Record) -> str:
    """Return how a measurement was made, and at which level."""
    return f"{record.method}, {numbers.percent(record.confidence)}"


def short_suites(suites: Sequence[str]) -> dict[str, str]:
    """Name suites without the folders that all of them share.

    Examples
    --------
    >>> short_suites(["suites/qa", "suites/dialogue"])
    {'suites/qa': 'qa', 'suites/dialogue': 'dialogue'}
    """
    parts = {suite: suite.split("/") for suite in suites}
    shared = 0
    while len({tuple(names[: shared + 1]) for names in parts.values()}) == 1 and all(
        len(names) > shared + 1 for names in parts.values()
    ):
        shared += 1
    return {suite: "/".join(names[shared:]) for suite, names in parts.items()}
