"""The published JSON Schema says what run.json is: neither more nor less than what is written and read."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from pytest_llmcal.cli import main
from pytest_llmcal.records import SCHEMA, Run, RunError, run_schema, schema_text
from pytest_llmcal.report import render
from tests.sample_runs import HOSTILE, gate, record, run, two_models
from tests.test_records import runs

ROOT = Path(__file__).parents[1]
STORED = sorted((Path(__file__).parent / "stored_runs").glob("schema-*.json"))
VALIDATOR = jsonschema.Draft202012Validator(run_schema())


def test_the_published_schema_is_that_of_this_version() -> None:
    published = (ROOT / "docs" / "run.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "renew it: llmcal schema > docs/run.schema.json"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == schema_text()


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(run_schema())
    assert run_schema()["properties"]["schema"]["const"] == SCHEMA


@given(runs)
def test_whatever_is_written_is_valid(written: Run) -> None:
    VALIDATOR.validate(json.loads(written.to_json()))


@pytest.mark.parametrize(
    "path", [ROOT / "reports" / "example" / "run.json", *STORED], ids=lambda path: path.parent.name
)
def test_real_runs_are_valid(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    VALIDATOR.validate({**told, "schema": SCHEMA})


SPOILED: list[tuple[list[Any], Any]] = [
    (["seconds"], "long"),
    (["complete"], 1),
    (["extra"], 1),
    (["problems"], "none"),
    (["environment"], {"seed": 0}),
    (["models", 0, "parameters"], 1.5),
    (["gates", 0, "attempts"], []),
    (["gates", 0, "attempts", 0, "outcome"], "exploded"),
    (["gates", 0, "attempts", 0, "records"], None),
    (["gates", 1, "attempts", 0, "records", 0, "outcome"], "maybe"),
    (["gates", 1, "attempts", 0, "records", 0, "estimate"], "-Infinity"),
    (["gates", 1, "attempts", 0, "records", 0, "curve", 0, "surplus"], 1),
]


@pytest.mark.parametrize(("place", "value"), SPOILED, ids=lambda part: str(part))
def test_what_the_reader_refuses_the_schema_refuses_too(place: list[Any], value: Any) -> None:
    told = json.loads(run(gate("test_a", outcome="error"), gate("test_b", record(curve=record().curve))).to_json())
    VALIDATOR.validate(told)
    spoiled = deepcopy(told)
    inner = spoiled
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(RunError):
        Run.from_json(json.dumps(spoiled))
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(spoiled)


def test_what_has_no_default_is_required() -> None:
    told = json.loads(two_models().to_json())
    del told["started"]
    with pytest.raises(jsonschema.ValidationError, match="'started' is a required property"):
        VALIDATOR.validate(told)


def test_every_number_before_the_present_one_has_a_run_that_was_stored_then_and_is_read_and_shown_now() -> None:
    assert {path.stem for path in STORED} >= {f"schema-{number}" for number in range(1, SCHEMA)}
    for path in STORED:
        stored = Run.read(path)
        assert {gate.verdict for gate in stored.gates} >= {"holds", "refuted"}
        assert "of 2 models may be released" in render(stored)


def test_hostile_texts_are_valid_too() -> None:
    VALIDATOR.validate(json.loads(run(gate(HOSTILE, record(group=HOSTILE), model=HOSTILE)).to_json()))
