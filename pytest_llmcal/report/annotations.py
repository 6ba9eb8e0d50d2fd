"""Marks on the lines of tests: workflow commands for GitHub, code quality for GitLab."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pytest_llmcal.report.findings import Finding, one_line
from pytest_llmcal.report.numbers import plural


@dataclass(frozen=True)
class Place:
    """Where a test stands.

    Attributes
    ----------
    path : str
        Relative to the root of the repository, with slashes.
    line : int
        From 1 on.
    """

    path: str
    line: int


MOST = 10
"""GitHub shows no more errors of one step, and no more warnings."""


def github(found: Sequence[Finding], places: Mapping[str, Place]) -> list[str]:
    """Return GitHub's workflow commands that annotate the tests, errors first.

    Parameters
    ----------
    found : sequence of Finding
        What to annotate.
    places : mapping of str to Place
        By the gate's nodeid.

    Returns
    -------
    list of str
        One command a line.
    """
    commands = []
    for level, blocking in (("error", True), ("warning", False)):
        same = [finding for finding in found if finding.blocking == blocking]
        commands += [_command(level, finding, places[finding.gate.nodeid]) for finding in same[:MOST]]
        if len(same) > MOST:
            commands.append(f"::notice::and {plural(len(same) - MOST, 'gate')} more, in the report")
    return commands


def _command(level: str, finding: Finding, place: Place) -> str:
    properties = {"file": one_line(place.path), "line": str(place.line), "title": finding.title}
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {named}::{_data(f'{finding.verdict}: {finding.sentence}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def gitlab(found: Sequence[Finding], places: Mapping[str, Place]) -> str:
    """Return a code quality report for GitLab, as JSON text.

    Parameters
    ----------
    found : sequence of Finding
        What to report.
    places : mapping of str to Place
        By the gate's nodeid.

    Returns
    -------
    str
        A list; the fingerprint of a gate is the same in every run, so that GitLab tells new ones from old ones.
    """
    return json.dumps([_issue(finding, places[finding.gate.nodeid]) for finding in found], indent=2) + "\n"


def _issue(finding: Finding, place: Place) -> dict[str, Any]:
    return {
        "description": f"{finding.verdict}: {finding.title}. {finding.sentence}",
        "check_name": f"llmcal: {one_line(finding.gate.name)}",
        "fingerprint": sha256(finding.gate.nodeid.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": _SEVERITY.get(finding.verdict, "major") if finding.blocking else "minor",
        "location": {"path": place.path, "lines": {"begin": place.line}},
    }


_SEVERITY = {"refuted": "critical"}  # what is undecided or could not be judged says less against a model
