"""Runs go to JSON and come back the same, or are refused with the place of what does not fit."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.measurement import About, Bin, Calibration, Measurement, NoiseFloor, Observation, Step
from pytest_llmcal.records import (
    JUDGEMENTS,
    OUTCOMES,
    SCHEMA,
    Attempt,
    Gate,
    ModelFacts,
    Record,
    Run,
    RunError,
    Subject,
)
from pytest_llmcal.report import render
from tests.report.large_runs import examples, portrait
from tests.sample_runs import HOSTILE, REFUTED, UNDECIDED, curve, gate, record, run, two_models

numbers = st.floats(allow_nan=False)
texts = st.text(st.characters(exclude_categories=("Cs",)) | st.just("\udcff"))  # as undecodable bytes arrive
maybe_texts = st.none() | texts
bins = st.builds(Bin, numbers, numbers, st.integers(1), numbers, numbers, numbers, numbers)
records = st.builds(
    Record,
    sequence=st.integers(),
    metric=texts,
    estimate=numbers,
    low=numbers,
    high=numbers,
    confidence=numbers,
    n=st.integers(),
    method=texts,
    relation=texts,
    limit=st.none() | numbers,
    outcome=st.sampled_from(JUDGEMENTS),
    explanation=texts,
    exact=st.none() | numbers,
    model=maybe_texts,
    curve=st.lists(bins, max_size=2).map(tuple),
)
attempts = st.builds(Attempt, st.sampled_from(OUTCOMES), numbers, texts, st.lists(records, max_size=2).map(tuple))
gates = st.builds(
    Gate, texts, texts, texts, maybe_texts, maybe_texts, st.lists(attempts, min_size=1, max_size=2).map(tuple)
)
models = st.builds(ModelFacts, texts, texts, texts, texts, st.none() | st.integers())
runs = st.builds(
    Run,
    started=texts,
    seconds=numbers,
    complete=st.booleans(),
    problems=st.lists(texts, max_size=2).map(tuple),
    environment=st.dictionaries(texts, texts, max_size=2),
    models=st.lists(models, max_size=2).map(tuple),
    gates=st.lists(gates, max_size=2).map(tuple),
)


@given(runs)
def test_a_run_comes_back_from_json_as_it_was(tmp_path_factory: pytest.TempPathFactory, original: Run) -> None:
    path = tmp_path_factory.getbasetemp() / "run.json"
    assert Run.read(original.write(path)) == original


def test_a_run_is_plain_json_with_a_schema_number() -> None:
    data = json.loads(two_models().to_json(), parse_constant=pytest.fail)
    assert data["schema"] == SCHEMA
    assert data["gates"][-1]["attempts"][0]["records"][0]["metric"] == "nll"
    assert set(data) == {"schema", *(entry.name for entry in fields(Run))}


def test_infinite_numbers_are_written_as_words() -> None:
    infinite = run(gate("test_nll", record(estimate=math.inf, low=-math.inf, high=math.inf)))
    written = json.loads(infinite.to_json())["gates"][0]["attempts"][0]["records"][0]
    assert (written["estimate"], written["low"]) == ("inf", "-inf")
    assert Run.from_json(infinite.to_json()) == infinite


def test_a_text_that_spells_inf_stays_a_text() -> None:
    named = run(gate("test_it", record(method="inf"), model="inf"))
    assert Run.from_json(named.to_json()).gates[0].model == "inf"


def test_each_gate_stands_on_a_line_of_its_own() -> None:
    lines = two_models().to_json().splitlines()
    assert sum(line.startswith('{"nodeid"') for line in lines) == len(two_models().gates)


def test_hostile_texts_come_back_unchanged(tmp_path: Path) -> None:
    original = run(gate(HOSTILE, record(group=HOSTILE, explanation="\udcff"), model=HOSTILE))
    assert Run.read(original.write(tmp_path / "deep" / "run.json")) == original


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "has no 'schema' number"),
        ('{"gates": []}', "has no 'schema' number"),
        ('{"schema": 99}', rf"schema 99 is not supported, this version reads up to schema {SCHEMA}"),
        ('{"schema": "1"}', "schema '1' is not supported"),
        ('{"schema": 0}', "schema 0 is not supported"),
        ('{"schema": true}', "schema True is not supported"),
        ('{"schema": 1, "seconds": NaN}', "NaN is not a JSON number"),
        ('{"schema": 1, "started": "now"}', "missing 2 required positional arguments: 'seconds' and 'complete'"),
        ('{"schema": 1, "extra": 1}', "unknown field 'extra' of a Run"),
        ('{"schema": 1, "seconds": "long"}', 'run.seconds: expected a number, "inf" or "-inf", got \'long\''),
        ('{"schema": 1, "seconds": true}', "run.seconds: expected a number"),
        ('{"schema": 1, "complete": 1}', "run.complete: expected true or false, got 1"),
        ('{"schema": 1, "problems": "none"}', "run.problems: expected a list, got 'none'"),
        ('{"schema": 1, "gates": 7}', "run.gates: expected a list, got 7"),
        ('{"schema": 1, "gates": [7]}', r"run.gates\[0\]: expected an object with the fields of a Gate, got 7"),
        ('{"schema": 1, "environment": {"seed": 0}}', "run.environment.seed: expected a string, got 0"),
        ('{"schema": 1, "environment": []}', "run.environment: expected an object of strings"),
        ('{"schema": 1, "models": [{"name": null}]}', r"run.models\[0\].name: expected a string, got None"),
        ('{"schema": 1, "models": [{"parameters": 1.5}]}', r"parameters: expected an integer, got 1.5"),
    ],
)
def test_what_is_no_run_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(RunError, match=reason):
        Run.from_json(text)


def test_the_message_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(b"\xff{}")
    with pytest.raises(RunError, match=r"other\.json: not JSON: not UTF-8 at byte 0"):
        Run.read(path)


def test_a_nan_is_refused_with_its_place() -> None:
    spoiled = run(gate("test_it", record(curve=(replace(curve()[0], accuracy=math.nan),))))
    with pytest.raises(RunError, match=r"run\.gates\[0\]\.attempts\[0\]\.records\[0\]\.curve\[0\]\.accuracy is NaN"):
        spoiled.to_json()


def test_a_gate_without_attempts_is_refused() -> None:
    with pytest.raises(RunError, match="has no attempt"):
        replace(gate(), attempts=())


def test_an_outcome_that_no_test_has_is_refused_with_its_place() -> None:
    text = two_models().to_json()
    with pytest.raises(RunError, match=r"run\.gates\[0\]\.attempts\[0\]: an attempt has the outcome 'exploded'"):
        Run.from_json(text.replace('"outcome": "error"', '"outcome": "exploded"'))
    with pytest.raises(RunError, match=r"records\[0\]: a record of ece has the outcome 'maybe'"):
        Run.from_json(text.replace('"outcome": "undecided"', '"outcome": "maybe"'))


def test_a_record_says_what_was_observed() -> None:
    about = About("world/gpt2", "abc", "world/qa", "test", "9b1c", "temperature(T=2)", "region=north")
    measured = Measurement(
        0.03,
        name="ece",
        low=0.01,
        high=0.04,
        n=200,
        method="score interval",
        confidence=0.9,
        debiased=0.02,
        noise_floor=NoiseFloor(0.05, 0.08),
        exact=0.025,
        about=about,
        curve=curve(),
        before=curve(0.4),
    )
    written = Record.of(Observation(measured, "below", 0.05, "holds", "It holds."), sequence=3)
    assert (written.estimate, written.low, written.high, written.confidence) == (0.03, 0.01, 0.04, 0.9)
    assert (written.n, written.method, written.metric, written.sequence) == (200, "score interval", "ece", 3)
    assert (written.noise_floor_mean, written.noise_floor_p95, written.exact) == (0.05, 0.08, 0.025)
    assert (written.relation, written.limit, written.outcome) == ("below", 0.05, "holds")
    assert {name: getattr(written, name) for name in asdict(about)} == asdict(about)
    assert (written.curve, written.before) == (curve(), curve(0.4))
    assert type(written.estimate) is float


def test_a_record_gives_its_measurement_back() -> None:
    original = record(before=curve(0.5), group="region=north", calibrator="temperature(T=1.8)")
    seen = Observation(
        original.measurement(), original.relation, original.limit, original.outcome, original.explanation
    )
    assert Record.of(seen, original.sequence) == original


def test_a_measurement_without_a_noise_floor_comes_back_without_one() -> None:
    assert record(noise_floor_mean=None, noise_floor_p95=None).measurement().noise_floor is None


@pytest.mark.parametrize(
    ("outcome", "records", "verdict"),
    [
        ("passed", [record()], "holds"),
        ("passed", [record(outcome="false")], "holds"),  # assert not ece > 0.05
        ("passed", [record(), UNDECIDED], "undecided"),
        ("failed", [UNDECIDED], "undecided"),
        ("failed", [UNDECIDED, record()], "undecided"),
        ("failed", [UNDECIDED, REFUTED], "refuted"),
        ("failed", [], "refuted"),
        ("passed", [], "measured nothing"),
        ("xpassed", [], "measured nothing"),
        ("passed", [record(relation="<", outcome="true")], "holds"),  # a plain comparison measured too
        ("xfailed", [REFUTED], "refuted"),
        ("error", [record()], "error"),
        ("skipped", [], "skipped"),
    ],
)
def test_the_verdict_of_a_gate_follows_its_test_and_its_records(
    outcome: str, records: list[Record], verdict: str
) -> None:
    assert gate("test_it", *records, outcome=outcome).verdict == verdict


def test_the_last_attempt_is_judged() -> None:
    first: Any = Attempt("failed", 1.0, "flaky", (REFUTED,))
    again = Attempt("passed", 1.0, "", (record(),))
    rerun = replace(gate(), attempts=(first, again))
    assert (rerun.outcome, rerun.verdict, rerun.records) == ("passed", "holds", (record(),))


def test_a_run_of_the_first_schema_is_read_and_rendered() -> None:
    old = Run.read(Path(__file__).parent / "old_runs" / "schema-1.json")
    assert len(old.gates) == 10
    assert old.subjects == ()
    assert sum(len(gate.records) for gate in old.gates) > 10
    assert all(record.subject is None for gate in old.gates for record in gate.records)
    page = render(old)
    assert page.count('class="reliability"') >= 2  # its records keep their own curves
    assert Run.from_json(old.to_json()) == old
    assert json.loads(old.to_json())["schema"] == SCHEMA


def test_a_subject_comes_back_from_builtins_as_it_was() -> None:
    trace = (Step(1, math.inf), Step(5, 0.5))
    described = replace(portrait(before=True, groups=2), calibration=Calibration("annealing", {"T": "2"}, "", trace))
    original = Subject("k", described, model=HOSTILE, examples=examples(4), seconds=1.5)
    assert Subject.from_plain(json.loads(json.dumps(original.to_plain()))) == original
    whole = replace(two_models(), subjects=(original,))
    assert Run.from_json(whole.to_json()) == whole
