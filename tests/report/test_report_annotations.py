"""What GitHub and GitLab are told of the gates that did not pass, each at the line of its test."""

from __future__ import annotations

import json
import re

from pytest_llmcal.report.annotations import MOST, Place, github, gitlab
from pytest_llmcal.report.findings import findings
from tests.sample_runs import HOSTILE, REFUTED, UNDECIDED, gate, record, run, two_models

# What GitHub's runner reads of a line: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
COMMAND = re.compile(r"^::(?P<name>\w+) (?P<properties>[^:\n\r]*)::(?P<data>[^\n\r]*)$")


def unescaped(text: str) -> str:
    for escape, character in {"%2C": ",", "%3A": ":", "%0A": "\n", "%0D": "\r", "%25": "%"}.items():
        text = text.replace(escape, character)
    return text


def commands(shown: list[str]) -> list[tuple[str, dict[str, str], str]]:
    read = []
    for line in shown:
        found = COMMAND.match(line)
        assert found, line
        pairs = (pair.partition("=") for pair in found["properties"].split(","))
        read.append((found["name"], {name: unescaped(value) for name, _, value in pairs}, unescaped(found["data"])))
    return read


def places(told, path: str = "suites/qa/test_it.py", line: int = 12) -> dict[str, Place]:
    return {entry.nodeid: Place(path, line) for entry in told.gates}


def test_errors_come_first_with_file_line_and_sentence() -> None:
    told = run(
        gate("test_a", UNDECIDED, outcome="passed"),
        gate("test_b", REFUTED, outcome="failed"),
        gate("test_c", record()),
    )
    assert commands(github(findings(told), places(told))) == [
        (
            "error",
            {"file": "suites/qa/test_it.py", "line": "12", "title": "b (world/gpt2)"},
            f"refuted: {REFUTED.explanation}",
        ),
        (
            "warning",
            {"file": "suites/qa/test_it.py", "line": "12", "title": "a (world/gpt2)"},
            f"undecided, let pass: {UNDECIDED.explanation}",
        ),
    ]


def test_no_text_can_end_a_command_or_begin_another() -> None:
    trap = f"50% a,b:c%0A::error file=x::y\r\n::stop-commands::z {HOSTILE}"
    told = run(gate(trap, outcome="error", message=trap, model=trap))
    [(name, properties, data)] = commands(github(findings(told), places(told, "a,b:%/test_it.py")))
    assert name == "error"
    assert set(properties) == {"file", "line", "title"}
    assert properties["file"] == "a,b:%/test_it.py"
    assert data.startswith("error: 50% a,b:c%0A::error file=x::y")


def test_no_more_than_github_shows_and_the_rest_is_counted() -> None:
    many = [gate(f"test_{number:02}", REFUTED, outcome="failed") for number in range(25)]
    told = run(*many)
    shown = github(findings(told), places(told))
    assert len(shown) == MOST + 1
    assert shown[-1] == "::notice::and 15 gates more, in the report"


def test_gitlab_gets_an_issue_a_gate() -> None:
    told = two_models()
    issues = json.loads(gitlab(findings(told), places(told)))
    assert {(issue["check_name"], issue["severity"]) for issue in issues} == {
        ("llmcal: test_confidence_can_be_trusted", "critical"),
        ("llmcal: test_needs_more_items", "major"),
        ("llmcal: test_breaks", "major"),
    }
    for issue in issues:
        assert issue["location"] == {"path": "suites/qa/test_it.py", "lines": {"begin": 12}}
        assert re.fullmatch(r"[0-9a-f]{64}", issue["fingerprint"])
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_a_fingerprint_is_the_same_whatever_was_measured_and_wherever_the_test_stands_in_its_file() -> None:
    runs = [run(gate("test_a", entry, outcome="failed")) for entry in (REFUTED, UNDECIDED)]
    prints = [json.loads(gitlab(findings(told), places(told, line=n)))[0]["fingerprint"] for n, told in enumerate(runs)]
    assert prints[0] == prints[1]


def test_a_run_in_which_all_passed_is_an_empty_list() -> None:
    assert json.loads(gitlab(findings(run(gate("test_a", record()))), {})) == []


def test_hostile_texts_are_one_line_of_json() -> None:
    told = run(gate(HOSTILE + "\udcff", outcome="error", message=HOSTILE, model=HOSTILE))
    [issue] = json.loads(gitlab(findings(told), places(told)))
    assert "\x00" not in issue["description"]
    assert "<script>" in issue["description"]
