"""The answer of a run: who may be released, and which gate is the worst."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_llmcal.records import Attempt, Gate, Run
from pytest_llmcal.report.summary import Judged, decisive, headline, judged_models, suites_of
from tests.sample_runs import REFUTED, UNDECIDED, facts, gate, record, run, two_models

OTHER = "world/gpt2-overfit"


def only(whole: Run) -> Judged:
    (row,) = judged_models(whole)
    return row


def answer(whole: Run) -> str:
    return headline(whole, judged_models(whole))


@pytest.mark.parametrize(
    ("gates", "state"),
    [
        ([gate("test_a", record())], "released"),
        ([gate("test_a", record()), gate("test_b", outcome="skipped")], "released"),
        ([gate("test_a", record()), gate("test_b", REFUTED, outcome="xfailed")], "released"),
        ([gate("test_a", UNDECIDED)], "released"),  # let pass by an option
        ([gate("test_a", record()), gate("test_b", REFUTED, outcome="failed")], "refused"),
        ([gate("test_a", record()), gate("test_b", outcome="error")], "refused"),
        ([gate("test_a", record()), gate("test_b", UNDECIDED, outcome="failed")], "undecided"),
        ([gate("test_a", UNDECIDED, outcome="failed"), gate("test_b", REFUTED, outcome="failed")], "refused"),
        ([gate("test_a", outcome="skipped")], "unknown"),
        ([gate("test_a")], "unknown"),  # passed, and measured nothing
        ([gate("test_a"), gate("test_b", record(relation="<", outcome="true"))], "released"),
        ([gate("test_a"), gate("test_b", record(), outcome="xpassed")], "unknown"),
        ([gate("test_a"), gate("test_b", outcome="failed")], "refused"),
    ],
)
def test_a_model_is_released_by_its_gates(gates: list[Gate], state: str) -> None:
    assert only(run(*gates)).state == state


def test_an_incomplete_run_releases_no_model() -> None:
    broken = run(gate("test_a", record()), complete=False)
    assert only(broken).state == "unknown"
    assert answer(broken) == "This run is incomplete, so it releases no model"


def test_an_incomplete_run_can_still_refuse() -> None:
    assert only(run(gate("test_a", REFUTED, outcome="failed"), complete=False)).state == "refused"


def test_a_model_without_gates_is_not_judged() -> None:
    lonely = run(models=(facts(),))
    assert only(lonely).state == "unknown"
    assert only(lonely).worst is None
    assert only(lonely).explain() == "No gate was run on it."


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (two_models(), "1 of 2 models may be released"),
        (run(gate("test_a", record())), "The model may be released"),
        (run(gate("test_a", REFUTED, outcome="failed")), "The model may not be released"),
        (run(gate("test_a", UNDECIDED)), "The model may be released, with 1 undecided gate let pass"),
        (run(gate("test_a", UNDECIDED, outcome="failed")), "It is undecided whether the model may be released"),
        (run(gate("test_a", outcome="skipped")), "The model was not judged"),
        (
            run(gate("test_a", REFUTED, outcome="failed"), gate("test_a", outcome="error", model=OTHER)),
            "None of 2 models may be released",
        ),
        (run(), "No gate was run"),
        (run(gate("test_a")), "The model was not judged"),
        (run(gate("test_a"), gate("test_a", record(), model=OTHER)), "1 of 2 models may be released"),
        (run(gate("test_a", record(), model=None)), "Every gate passed"),
        (run(gate("test_a", record(), model=None), gate("test_b", model=None)), "No gate failed"),
        (run(gate("test_a", model=None), gate("test_b", outcome="skipped", model=None)), "No gate measured anything"),
        (run(gate("test_a", REFUTED, model=None, outcome="failed")), "1 of 1 gate did not pass"),
    ],
)
def test_the_headline_answers_first(whole: Run, said: str) -> None:
    assert answer(whole) == said


def test_a_model_with_undecided_gates_that_were_let_pass_says_so() -> None:
    whole = run(gate("test_a", UNDECIDED), gate("test_b", record()))
    assert judged_models(whole)[0].explain() == "Both gates passed, 1 of them undecided."


def test_gates_without_a_model_stand_in_a_row_of_their_own_at_the_end() -> None:
    whole = run(gate("test_a", record(), model=None), gate("test_b", record()))
    assert [row.name for row in judged_models(whole)] == ["world/gpt2", None]


def test_a_failing_gate_without_a_model_is_not_hidden_by_the_headline() -> None:
    whole = run(gate("test_a", REFUTED, model=None, outcome="failed"), gate("test_b", record()))
    assert answer(whole) == "The model may be released, but 1 gate without a model did not pass"


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["passed"], "The one gate passed."),
        (["passed", "passed"], "Both gates passed."),
        (["passed"] * 3, "All 3 gates passed."),
        (["passed", "skipped", "xfailed"], "1 of 3 gates passed, 1 skipped, 1 known to fail."),
        (["passed", "failed", "error"], "2 of 3 gates did not pass."),
    ],
)
def test_a_sentence_says_how_the_gates_of_a_model_went(outcomes: list[str], said: str) -> None:
    gates = (gate(f"test_{number}", record(), outcome=outcome) for number, outcome in enumerate(outcomes))
    assert only(run(*gates)).explain() == said


def test_a_sentence_does_not_hide_gates_that_measured_nothing() -> None:
    empty = [gate("test_a"), gate("test_b")]
    skipped = gate("test_s", outcome="skipped")
    assert only(run(*empty[:1])).explain() == "The one gate passed, but measured nothing."
    assert only(run(*empty)).explain() == "Both gates passed, but measured nothing."
    assert only(run(*empty, gate("test_c", record()), skipped)).explain() == (
        "3 of 4 gates passed, 2 of them without a measurement, 1 skipped."
    )


def test_every_model_has_a_cell_for_every_suite() -> None:
    rows = judged_models(two_models())
    assert suites_of(two_models()) == ("suites/dialogue", "suites/qa")
    assert [[len(suite.gates) for suite in row.suites] for row in rows] == [[0, 4], [3, 1]]


def test_counts_name_the_worst_verdict_first() -> None:
    counts = judged_models(two_models())[1].suites[0].counts
    assert [label.counted(number) for label, number in counts] == [
        "1 error",
        "1 undecided",
        "1 fails as expected",
    ]


def test_the_worst_gate_blocks_and_is_the_furthest_off() -> None:
    near = replace(REFUTED, estimate=0.06, low=0.055, high=0.07)
    gates = [
        gate("test_holds", record()),
        gate("test_expected", replace(REFUTED, estimate=0.9, high=0.95), outcome="xfailed"),
        gate("test_undecided", UNDECIDED, outcome="failed"),
        gate("test_near", near, outcome="failed"),
        gate("test_far", replace(REFUTED, estimate=0.3, low=0.29, high=0.31), outcome="failed"),
    ]
    for count, name in [(1, "test_holds"), (3, "test_undecided"), (4, "test_near"), (5, "test_far")]:
        worst = only(run(*gates[:count])).worst
        assert worst is not None
        assert worst.name == name


def test_the_decisive_record_of_a_gate_is_the_one_that_broke_it() -> None:
    fine, wrong = record(group="region=north"), replace(REFUTED, group="region=south")
    assert decisive(gate("test_a", fine, wrong, UNDECIDED, outcome="failed")) == replace(wrong, model="world/gpt2")
    assert decisive(gate("test_a", outcome="skipped")) is None


def test_the_decisive_record_of_a_good_gate_is_the_nearest_to_its_limit() -> None:
    easy, close = record(metric="auroc", relation="above", limit=0.0, estimate=0.8), record(estimate=0.049)
    found = decisive(gate("test_a", easy, close))
    assert found is not None
    assert found.metric == "ece"


def test_a_number_without_an_error_bar_is_not_the_worst_for_it() -> None:
    certain = record(metric="largest_drop", estimate=0.0, low=0.0, high=0.0)
    worst = only(run(gate("test_certain", certain), gate("test_close", record()))).worst
    assert worst is not None
    assert worst.name == "test_close"


def test_a_verdict_says_more_than_a_comparison_that_agrees_with_it() -> None:
    compared = record(metric="nll", relation="<=", outcome="true", estimate=0.0499)
    found = decisive(gate("test_a", compared, record()))
    assert found is not None
    assert found.metric == "ece"


def test_infinite_numbers_have_a_place_in_the_order() -> None:
    endless = record(estimate=math.inf, low=0.0, high=math.inf, limit=math.inf)
    assert decisive(gate("test_a", endless, record(limit=None))) is not None
    assert decisive(gate("test_a", record(low=0.031, high=0.031), record(estimate=-math.inf))) is not None


def test_only_the_last_attempt_counts() -> None:
    flaky = replace(
        gate("test_a"), attempts=(Attempt("failed", 1.0, "no", (REFUTED,)), Attempt("passed", 1.0, "", (record(),)))
    )
    assert only(run(flaky)).state == "released"
