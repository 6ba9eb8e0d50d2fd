"""What a session leaves behind: run.json and the page made of it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from time import process_time

import pytest
from inner_runs import Project

from pytest_llmcal.history import merge
from pytest_llmcal.records import SCHEMA, Run, RunError
from pytest_llmcal.report import wording

GATES = """
@pytest.mark.parametrize("limit", [0.2, 0.01])
def test_trust(scores, limit):
    assert scores.ece().below(limit)

def test_monotone(scores):
    assert scores.reliability().is_monotone()

def test_skipped(model):
    pytest.skip("not today")
"""


def untimed(run: Run) -> Run:
    gates = tuple(
        replace(gate, attempts=tuple(replace(attempt, seconds=0.0) for attempt in gate.attempts)) for gate in run.gates
    )
    subjects = tuple(replace(subject, seconds=0.0) for subject in run.subjects)
    return replace(run, started="", seconds=0.0, gates=gates, subjects=subjects)


def test_runs_of_two_models_merge_into_the_run_of_both(project: Project) -> None:
    project.gates(GATES)
    for name, models in {"a": "a", "bold": "bold", "both": "a,bold"}.items():
        options = [argument for model in models.split(",") for argument in ("--llmcal-model", model)]
        project.run(*options, "--llmcal-report", "none", "--llmcal-json", f"{name}.json")
    merged = merge([project.result("a.json"), project.result("bold.json")])
    assert merged.gates
    assert untimed(merged) == untimed(project.result("both.json"))


def test_a_run_of_another_schema_is_refused(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "a", "--llmcal-json", "run.json")
    text = (project.folder / "run.json").read_text(encoding="utf-8")
    with pytest.raises(RunError, match=f"schema {SCHEMA + 1} is not supported"):
        Run.from_json(re.sub(r'"schema": \d+', f'"schema": {SCHEMA + 1}', text))


class Page(HTMLParser):
    """What a reader without JavaScript gets."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "data"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_holds_every_gate_without_javascript_and_without_external_urls(project: Project) -> None:
    project.gates(GATES)
    project.run("--llmcal-model", "a", "--llmcal-model", "bold")
    page = Page()
    page.feed((project.folder / "reports/latest/index.html").read_text(encoding="utf-8"))
    run = project.result()
    assert len(run.gates) == 8
    for gate in run.gates:
        assert gate.nodeid in page.text or gate.outcome != "failed"
        assert wording.title(gate.name) in page.text
        for record in gate.records:
            assert record.explanation in page.text or record.outcome == "holds"
    assert all(link.startswith(("#", "run.json")) for link in page.links), page.links


def test_ten_thousand_records_take_a_few_megabytes_and_seconds(project: Project) -> None:
    project.gates(
        """
        @pytest.mark.llmcal
        @pytest.mark.parametrize("case", range(100))
        def test_gate(case):
            for _ in range(100):
                assert measured() < 0.05
        """
    )
    start = process_time()
    project.run("--llmcal-report", "none", "--llmcal-json", "run.json").assert_outcomes(passed=100)
    seconds = process_time() - start
    run = project.result("run.json")
    assert sum(len(gate.records) for gate in run.gates) == 10_000
    assert (project.folder / "run.json").stat().st_size < 10e6
    assert seconds < 20  # of the processor, however busy the machine is; about 2
