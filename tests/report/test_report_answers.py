"""The answers behind the gates: shown once, with their pictures, groups, calibrator, costs and items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_llmcal.measurement import Calibration, GroupResult, Portrait, Step
from pytest_llmcal.records import Choice, Example, Run, Subject, curves_of, lean
from pytest_llmcal.report import render
from pytest_llmcal.report.answers import answers_by_suite, costs
from pytest_llmcal.report.summary import judged_models
from tests.report.large_runs import examples, portrait
from tests.sample_runs import HOSTILE, REFUTED, curve, gate, record, run

MODEL = "world/gpt2"


def subject(key: str = "one", **changes: Any) -> Subject:
    usual = Subject(key, portrait(), MODEL, task="world/qa", split="test", data="9b1c", seconds=2.5)
    return replace(usual, **changes)


def whole(*subjects: Subject, outcome: str = "passed") -> Run:
    bad = outcome != "passed"
    gates = [
        gate(f"test_{place}", replace(REFUTED if bad else record(), curve=(), subject=one.key), outcome=outcome)
        for place, one in enumerate(subjects)
    ]
    return replace(run(*gates), subjects=subjects)


def test_answers_that_many_gates_speak_about_are_shown_once_and_linked() -> None:
    shared = subject()
    two = [
        gate(name, replace(record(), curve=(), subject="one"), suite=f"suites/{name}") for name in ("qa", "dialogue")
    ]
    page = render(replace(run(*two), subjects=(shared,)))
    assert page.count('class="answers"') == page.count('class="reliability"') == page.count('id="s1"') == 1
    assert page.count("href=#s1") == 2
    assert page.index('class="answers"') < page.index(">qa<", page.index('id="m1s1"'))  # below the first suite by name


def test_uncalibrated_answers_come_first_and_those_behind_a_failure_are_open() -> None:
    calibrated = subject("a", calibrator="temperature(T=2)")
    [row] = judged_models(whole(calibrated, subject("b")))
    found = answers_by_suite(row, {"a": calibrated, "b": subject("b")})["suites/qa"]
    assert [entry.subject.key for entry in found] == ["b", "a"]
    assert '<details class="answers" id="s1" open>' in render(whole(subject(), outcome="failed"))
    assert '<details class="answers" id="s1">' in render(whole(subject()))


def test_pictures_groups_calibrator_and_search_are_on_the_page() -> None:
    fitted = Calibration("annealing", {"T": "1.8"}, "world/qa, calibration split", (Step(1, 0.5), Step(90, 0.3)))
    groups = (GroupResult("region", "north", 700, 0.7, 0.8, 0.123, 0.08, 0.2),)
    page = render(whole(subject(portrait=replace(portrait(before=True), calibration=fitted, groups=groups))))
    for shown in (
        'class="before"', 'class="miss"', 'class="coverage"', 'class="search"', "<bdi>region</bdi>", "<bdi>north</bdi>",
        "0.1230", "T = 1.8",
        "world/qa, calibration split", "from 0.5000 to 0.3000 in 90 evaluations",
        "2,000 items, 67.6% right, 83.7% sure",
    ):  # fmt: skip
        assert shown in page


def test_what_is_not_known_leaves_no_section() -> None:
    bare = Portrait(n=3, accuracy=1.0, confidence=0.9, bins=())
    page = render(whole(subject(portrait=bare, seconds=None)))
    for absent in (
        'class="reliability"',
        'class="coverage"',
        'class="groups"',
        "Wrong, the surest first",
        "Answered",
        "Calibrator",
    ):
        assert absent not in page


def test_the_items_behind_it_show_prompt_choices_and_probabilities() -> None:
    page = render(whole(subject(examples=examples(4))))
    assert (
        page.index("Wrong, the surest first")
        < page.index("qa-0000")
        < page.index("Right, the least sure first")
        < page.index("qa-0002")
    )
    assert "Question 0: What runs through Kest? Answer:" in page
    assert "97.0% <bdi>the Tumble</bdi> <i>chosen</i>" in page
    assert '<li class="right-choice">3.0% <bdi>the Little Ease</bdi> <i>right</i>' in page


def test_items_without_texts_keep_ids_and_numbers() -> None:
    bare = Example("qa-7", 0.93, False, (Choice(0.93, False, True), Choice(0.07, True, False)))
    page = render(whole(subject(examples=(bare, replace(bare, choices=())))))
    assert "qa-7" in page
    assert "93.0% <bdi>a choice</bdi> <i>chosen</i>" in page
    assert (
        "<p dir=" not in page[page.index('class="examples"') : page.index("</details>", page.index('class="examples"'))]
    )


def test_hostile_texts_of_items_are_texts() -> None:
    nasty = Example(HOSTILE, 0.9, False, (Choice(0.9, False, True, HOSTILE),), HOSTILE)
    fitted = Calibration(HOSTILE, {HOSTILE: HOSTILE}, HOSTILE)
    groups = (GroupResult(HOSTILE, HOSTILE, 1, 1.0, 1.0, 0.0, 0.0, 1.0),)
    described = replace(portrait(), calibration=fitted, groups=groups)
    page = render(
        whole(subject(task=HOSTILE, split=HOSTILE, calibrator=HOSTILE, examples=(nasty,), portrait=described))
    )
    assert page.count("<script>") == 1
    assert "<b>&amp;" not in page
    assert "{{ 7 * 7 }}" in page
    assert "\x00" not in page


@pytest.mark.parametrize("seconds", [2.5, None])
def test_what_answers_cost_is_counted_once_for_the_same_items(seconds: float | None) -> None:
    plain, calibrated = subject(seconds=seconds), subject("two", calibrator="temperature(T=2)", seconds=seconds)
    other = subject("three", task="world/dialogue", seconds=seconds)
    made = whole(plain, calibrated, other)
    [row] = judged_models(made)
    found = costs(row, {one.key: one for one in made.subjects})
    assert found == (None if seconds is None else (4000, 5.0))


def test_a_curve_that_its_subject_keeps_is_left_out_of_the_record_and_found_again() -> None:
    shared = subject(portrait=replace(portrait(), bins=curve()))
    own = replace(gate("test_a", record(subject="one"), record(subject="one", curve=curve(0.4))), model=MODEL)
    thin = lean(own, {"one": shared})
    assert [len(entry.curve) for entry in thin.records] == [0, 15]
    assert [curves_of(entry, {"one": shared})[0] for entry in thin.records] == [curve(), curve(0.4)]


def test_differences_to_another_model_are_listed_on_the_front_page_and_open_where_one_does_not_hold() -> None:
    better = record(metric="nll_difference", relation="not_worse_than", limit=0.01, estimate=-0.02, low=-0.03, high=0.0)
    worse = replace(better, estimate=0.05, low=0.03, high=0.07, outcome="refuted")
    page = render(run(gate("test_a", better, record())))
    assert "Compared on the same items</h2> (1 difference)" in page
    assert '<details class="legend changes">' in page
    assert "at most 0.01 worse" in page
    assert '<details class="legend changes" open>' in render(run(gate("test_a", worse, outcome="failed")))
    assert "Compared on the same items" not in render(run(gate("test_a", record())))
