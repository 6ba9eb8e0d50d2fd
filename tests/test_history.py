"""Merging the parts of a run, keeping a baseline up to date, and asking it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.history import MERGED, Baseline, BaselineError, MergeError, merge, update
from pytest_llmcal.history.merging import NO_MODEL
from pytest_llmcal.measurement import Measurement, Observation
from pytest_llmcal.records import Gate, Record, Run, RunError
from tests.sample_runs import REFUTED, UNDECIDED, curve, facts, gate, record, run, two_models

OTHER = "world/gpt2-overfit"


def half(whole: Run, chosen: set[int]) -> Run:
    gates = tuple(entry for index, entry in enumerate(whole.gates) if index in chosen)
    names = {entry.model for entry in gates}
    return replace(whole, gates=gates, models=tuple(model for model in whole.models if model.name in names))


@given(st.sets(st.integers(0, 7)))
def test_merging_the_halves_of_a_run_gives_the_run(chosen: set[int]) -> None:
    whole = two_models()
    rest = set(range(len(whole.gates))) - chosen
    merged = merge([half(whole, chosen), half(whole, rest)])
    assert replace(merged, seconds=whole.seconds) == whole
    assert merged == merge([half(whole, rest), half(whole, chosen)])


def test_merging_one_run_changes_nothing() -> None:
    assert merge([two_models()]) == two_models()


def test_a_gate_that_is_the_same_in_two_runs_is_kept_once() -> None:
    whole = two_models()
    assert merge([whole, whole]).gates == whole.gates


def test_a_gate_with_two_results_is_refused_by_name() -> None:
    one, two = run(gate("test_trust", record())), run(gate("test_trust", REFUTED, outcome="failed"))
    with pytest.raises(MergeError, match=r"suites/qa/test_it\.py::test_trust\[world/gpt2\].* different results"):
        merge([one, two])


def timed(entry: Gate, seconds: float) -> Gate:
    return replace(entry, attempts=tuple(replace(attempt, seconds=seconds) for attempt in entry.attempts))


def test_of_a_gate_that_differs_in_time_alone_the_quickest_is_kept() -> None:
    alone = gate("test_data", record(), model=None)
    runs = [run(timed(alone, seconds)) for seconds in (0.3, 0.1, 0.2)]
    for order in permutations(runs):
        assert merge(order).gates == (timed(alone, 0.1),)


def test_two_skips_of_one_gate_are_one_with_the_reasons_of_both() -> None:
    runs = [run(gate("test_it", outcome="skipped", message=f"Skipped: not on {name}", model=None)) for name in "bca"]
    for first, second, third in permutations(runs):
        (kept,) = merge([merge([first, second]), third]).gates
        assert kept.attempts[-1].message == "Skipped: not on a\n\nSkipped: not on b\n\nSkipped: not on c"


@pytest.mark.parametrize(
    "other",
    [
        gate("test_it", outcome="skipped"),
        gate("test_it", record(estimate=0.032)),
        gate("test_it", record(), outcome="failed", message="AssertionError"),
        replace(gate("test_it", record()), task="world/other"),
        replace(gate("test_it"), attempts=2 * gate("test_it", record()).attempts),
    ],
    ids=["skipped", "another number", "failed", "another task", "a rerun"],
)
def test_a_gate_that_differs_in_more_than_time_is_refused(other: Gate) -> None:
    with pytest.raises(MergeError, match="different results"):
        merge([run(gate("test_it", record())), run(other)])


def test_skips_with_other_measurements_are_refused() -> None:
    one, two = (run(gate("test_it", replace(UNDECIDED, estimate=e), outcome="skipped")) for e in (0.03, 0.04))
    with pytest.raises(MergeError, match="different results"):
        merge([one, two])


def test_a_test_skipped_for_want_of_a_model_gives_way_to_the_same_test_on_a_model() -> None:
    def skip(name: str) -> Gate:
        wanting = gate(name, outcome="skipped", message="Skipped: no model", model=None)
        return replace(wanting, nodeid=f"suites/qa/test_it.py::{name}[{NO_MODEL}]")

    on_a_model, lonely = gate("test_it", record()), skip("test_other")
    merged = merge([run(on_a_model), run(skip("test_it"), lonely)])
    assert merged.gates == (on_a_model, lonely)


def test_a_model_with_two_revisions_is_refused_by_name() -> None:
    one, two = run(gate("test_a", record())), run(gate("test_b", record()), models=(facts(revision="other"),))
    with pytest.raises(MergeError, match="model 'world/gpt2' differs"):
        merge([one, two])


def test_no_run_is_refused() -> None:
    with pytest.raises(MergeError, match="no run to merge"):
        merge([])


def test_an_incomplete_half_makes_the_whole_incomplete() -> None:
    broken = run(gate("test_b", record()), complete=False, problems=("The session was interrupted.",))
    merged = merge([run(gate("test_a", record())), broken])
    assert not merged.complete
    assert merged.problems == ("The session was interrupted.",)


def test_the_earliest_start_and_all_seconds_are_kept() -> None:
    later = run(gate("test_a", record()), started="2026-11-24T00:00:00+00:00", seconds=8.3)
    merged = merge([later, run(gate("test_b", record()))])
    assert (merged.started, merged.seconds) == ("2026-11-23T13:38:27+00:00", 50.0)


def test_differing_environments_are_kept_with_a_note() -> None:
    one = run(gate("test_a", record()), environment={"python": "3.11", "seed": "0"})
    two = run(gate("test_b", record()), environment={"python": "3.12", "seed": "0", "cuda": "12"})
    environment = merge([one, two]).environment
    assert environment["python"] == "3.11 | 3.12"
    assert environment["cuda"] == "not stated | 12"
    assert environment["seed"] == "0"
    assert environment[MERGED] == "2, which differ in python, cuda"


def test_an_update_replaces_what_the_new_run_measured_and_keeps_the_rest() -> None:
    baseline = run(gate("test_a", record(estimate=0.01)), gate("test_b", record(estimate=0.02)))
    new = run(gate("test_b", record(estimate=0.03)), gate("test_c", record(estimate=0.04)))
    updated = update(baseline, new)
    assert [(entry.name, entry.records[0].estimate) for entry in updated.gates] == [
        ("test_a", 0.01),
        ("test_b", 0.03),
        ("test_c", 0.04),
    ]


@pytest.mark.parametrize("outcome", ["skipped", "error"])
def test_a_gate_that_measured_nothing_replaces_nothing(outcome: str) -> None:
    baseline = run(gate("test_a", record()))
    updated = update(baseline, run(gate("test_a", outcome=outcome), gate("test_b", outcome=outcome)))
    assert updated.gates == baseline.gates


def test_an_update_keeps_models_that_the_new_run_did_not_load() -> None:
    updated = update(two_models(), run(gate("test_a", record()), models=(facts(revision="new"),)))
    assert [(model.name, model.revision) for model in updated.models] == [
        ("world/gpt2", "new"),
        (OTHER, "3f9c2a7be1d04c55"),
    ]


def test_an_incomplete_run_is_no_baseline() -> None:
    broken = run(gate("test_a", record()), complete=False, problems=("A worker crashed.", "It was stopped."))
    with pytest.raises(BaselineError, match=r"incomplete run cannot .*: A worker crashed; It was stopped\. Run all"):
        update(two_models(), broken)


def asked(baseline: Baseline, metric: str = "ece", **changes: Any) -> Measurement:
    usual = {"model": "world/gpt2", "task": "world/qa", "split": "test", "data": "9b1c3f5a7d2e4680"}
    return baseline.measurement(metric, **{**usual, **changes})


def test_a_baseline_gives_back_the_whole_measurement() -> None:
    original = record(before=curve(0.5), group="region=north", calibrator="temperature(T=1.8)")
    then = asked(Baseline(run(gate("test_a", original))), group="region=north", calibrator="temperature(T=1.8)")
    observation = Observation(then, original.relation, original.limit, original.outcome, original.explanation)
    assert Record.of(observation, sequence=original.sequence) == original


def test_groups_and_calibrators_are_kept_apart() -> None:
    baseline = Baseline(
        run(
            gate("test_a", record(estimate=0.01)),
            gate("test_b", record(estimate=0.02, group="region=north")),
            gate("test_c", record(estimate=0.03, calibrator="temperature(T=1.8)")),
            gate("test_d", record(estimate=0.04), model=OTHER),
        )
    )
    assert asked(baseline) == 0.01
    assert asked(baseline, group="region=north") == 0.02
    assert asked(baseline, calibrator="temperature") == 0.03
    assert asked(baseline, model=OTHER) == 0.04


def test_a_calibrator_fitted_anew_still_finds_its_baseline() -> None:
    baseline = Baseline(run(gate("test_a", record(calibrator="temperature(T=1.8)"))))
    assert asked(baseline, calibrator="temperature(T=2.2)") == 0.031


def test_what_was_not_recorded_is_said_with_what_was() -> None:
    baseline = Baseline(run(gate("test_a", record(group="region=north"))), "runs/base.json")
    sentence = (
        r"runs/base\.json has no nll of world/gpt2 on world/qa split test\. "
        r"It has ece of world/gpt2 on world/qa split test for region=north"
    )
    with pytest.raises(BaselineError, match=sentence):
        asked(baseline, "nll")


def test_a_long_list_is_cut_short_and_an_empty_one_said() -> None:
    groups = [record(group=f"region={number}") for number in range(50)]
    with pytest.raises(BaselineError, match=r"and 30 more$"):
        asked(Baseline(run(gate("test_a", *groups))), "nll")
    with pytest.raises(BaselineError, match="has no measurement at all"):
        asked(Baseline(run()))


def test_other_items_are_not_compared() -> None:
    with pytest.raises(BaselineError, match=r"other items \(fingerprint 9b1c3f5a7d2e4680, now ffff\).*record a new"):
        asked(Baseline(run(gate("test_a", record()))), data="ffff")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"no baseline at .*absent\.json; copy the run\.json"):
        Baseline.read(tmp_path / "absent.json")


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text('{"schema": 0}', encoding="utf-8")
    with pytest.raises(RunError, match="schema 0 is not supported"):
        Baseline.read(path)


def test_a_baseline_is_read_from_a_file_and_names_it(tmp_path: Path) -> None:
    path = run(gate("test_a", record())).write(tmp_path / "run.json")
    baseline = Baseline.read(path)
    assert asked(baseline) == 0.031
    assert baseline.source == str(path)


def test_the_same_number_in_two_gates_is_one_measurement() -> None:
    assert asked(Baseline(run(gate("test_a", record()), gate("test_b", record(limit=0.1))))) == 0.031


def test_several_numbers_under_one_name_are_refused() -> None:
    baseline = Baseline(run(gate("test_a", record()), gate("test_b", record(estimate=0.04, method="10 bins"))))
    with pytest.raises(BaselineError, match=r"several values .* 0\.031 \(score interval, 15 bins\), 0\.04 \(10 bins\)"):
        asked(baseline)


def test_the_present_revision_wins_after_a_partial_update() -> None:
    old = run(gate("test_a", record(estimate=0.05, revision="old")), models=(facts(revision="old"),))
    new = run(gate("test_b", record(estimate=0.02, revision="new")), models=(facts(revision="new"),))
    assert asked(Baseline(update(old, new))) == 0.02


def test_another_revision_is_noted_and_the_same_is_not() -> None:
    baseline = Baseline(run(gate("test_a", record())), "base.json")
    note = baseline.revision_note("world/gpt2", "feed")
    assert note == "world/gpt2 is at revision feed; base.json was recorded at revision 3f9c2a7be1d04c55."
    assert baseline.revision_note("world/gpt2", "3f9c2a7be1d04c55") is None
    assert baseline.revision_note("unknown", "feed") is None
    assert baseline.revision_note("world/gpt2", None) is None


def test_texts_for_the_reader_of_several_runs_stand_below_each_other() -> None:
    first = run(gate("test_a", record()), context={"Why": "a", "Who": "x"})
    second = run(gate("test_b", record()), context={"Why": "b", "Who": "x"})
    assert merge([first, second]).context == {"Why": "a\n\nb", "Who": "x"}
