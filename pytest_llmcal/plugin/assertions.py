"""What a failed gate says: the estimate and its interval, the limit, the noise floor, the worst bin, what to do."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from _pytest._code.code import ExceptionRepr  # what pytest's own plugins add sections to; it has no public name

from pytest_llmcal.measurement import LeftOut, Measurement, hides_too_much, said_of_left_out
from pytest_llmcal.plugin.attempts import PlainRecord, negative

_RELATIONS = {"<", "<=", ">", ">=", "==", "!="}


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Describe a failed comparison with a measurement; whatever the operands are, never raise."""
    if op not in _RELATIONS or not (isinstance(left, Measurement) or isinstance(right, Measurement)):
        return None
    try:
        return [f"{_operand(left)} {op} {_operand(right)}"]
    except Exception:  # an exception here would stand in the place of the failure itself
        return None


def _operand(value: object) -> str:
    return repr(value) if isinstance(value, Measurement) else reprlib.repr(value)


def explain_failure(report: pytest.TestReport, records: Sequence[PlainRecord]) -> None:
    """Add to a failed report what every record that speaks against the model says."""
    shown = negative(records) or list(records)
    if not shown:
        return
    text = "\n\n".join("\n".join(explained(record)) for record in shown[:_MOST])
    if len(shown) > _MOST:
        text += f"\n\n... and {len(shown) - _MOST} more, all in run.json"
    if isinstance(report.longrepr, ExceptionRepr):
        report.longrepr.addsection("llmcal", text, "-")
    else:
        report.sections.append(("llmcal", text))
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:  # its first line is what the short test summary shows
        crash.message = f"{in_short(_decisive(shown))}\n{crash.message}"


_MOST = 20  # failure texts beyond this many are not read; run.json has them all


def _decisive(records: Sequence[PlainRecord]) -> PlainRecord:
    """Return the record that most likely failed the test: a verdict, or the comparison it ended with."""
    for outcome in ("refuted", "undecided"):
        for record in records:
            if record["outcome"] == outcome:
                return record
    return records[-1]


def in_short(record: Mapping[str, Any]) -> str:
    """Say in one line what was judged; the important words come first, for it is cut at the terminal's width."""
    if record["limit"] is None:
        return f"{record['metric']} {record['relation']} {record['outcome']}"
    said = f"{record['metric']}={record['estimate']:.4f} {record['relation']} {record['limit']:.4g} {record['outcome']}"
    hides = record["relation"] in _RELATIONS and hides_too_much(_left_out(record), record["n"])
    return f"too many items left out: {said}" if hides else said


def explained(record: Mapping[str, Any]) -> list[str]:
    """Say in full what was judged."""
    return [str(record["explanation"]), *_measured(record), *_next(record)]


def _measured(record: Mapping[str, Any]) -> list[str]:
    rows = {
        "of": _subject(record),
        "estimate": f"{record['estimate']:.4f}",
        "interval": f"{record['low']:.4f} to {record['high']:.4f} at {100 * record['confidence']:g}%",
        "method": record["method"],
        "items": f"{record['n']}",
        "left out": said_of_left_out(_left_out(record), record["n"]),
    }
    if record["exact"] is not None:
        rows["exact"] = f"{record['exact']:.4f} is the true value on these items"
    if record["noise_floor_mean"] is not None:
        rows["noise floor"] = (
            f"{record['noise_floor_mean']:.4f} on average, at most {record['noise_floor_p95']:.4f} in 95 of 100 draws: "
            "what a perfectly calibrated model with these confidences would show"
        )
    if record["curve"]:
        rows["worst bin"] = _worst_bin(record["curve"])
    return [f"  {label:<12}{text}" for label, text in rows.items() if text]


def _left_out(record: Mapping[str, Any]) -> list[LeftOut]:
    return [LeftOut(**row) for row in record["left_out"]]


def _subject(record: Mapping[str, Any]) -> str:
    words = {
        "model": "{}",
        "task": "on {}",
        "split": "({} split)",
        "group": "for {}",
        "confidence_method": "with confidence by {}",
        "calibrator": "after {}",
    }
    return " ".join(word.format(record[name]) for name, word in words.items() if record[name] is not None)


def _worst_bin(curve: Sequence[Mapping[str, Any]]) -> str:
    """Describe the bin that adds most to the calibration error."""
    worst = max(curve, key=lambda row: row["count"] * abs(row["confidence"] - row["accuracy"]))
    items = f"{worst['count']} {'item' if worst['count'] == 1 else 'items'}"
    return (
        f"of {items} answered with confidence {worst['low']:.2f} to {worst['high']:.2f}, "
        f"on average {worst['confidence']:.3f}, a share of {worst['accuracy']:.3f} was right"
    )


def _next(record: Mapping[str, Any]) -> list[str]:
    """Say what can be done about it."""
    outcome, limit, floor = record["outcome"], record["limit"], record["noise_floor_p95"]
    if outcome == "undecided" and hides_too_much(_left_out(record), record["n"]):
        advice = (
            "have the model say a confidence that can be read about more of the items; --llmcal-undecided lets no such "
            "verdict pass"
        )
    elif outcome == "undecided":
        advice = "use more items, accept another limit, or say with --llmcal-undecided what such a verdict counts as"
    elif (
        outcome == "false"
        and limit is not None
        and floor is not None
        and record["relation"] in {"<", "<="}
        and limit < floor
    ):
        advice = (
            f"a perfectly calibrated model would often show more than {limit:.4g} too on {record['n']} items; "
            f".below({limit:.4g}) takes that into account"
        )
    elif outcome == "refuted" and record["curve"] and record["calibrator"] is None:
        advice = "see whether calibrated_scores, fitted on the calibration split, meets the limit"
    else:
        return []
    return [f"  {'what next':<12}{advice}"]
