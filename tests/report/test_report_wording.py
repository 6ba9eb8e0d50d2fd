"""Names become words, and every verdict has one."""

from __future__ import annotations

import pytest

from pytest_llmcal import Scores
from pytest_llmcal.records import Record
from pytest_llmcal.report import wording
from pytest_llmcal.report.wording import Label
from tests.sample_runs import REFUTED, UNDECIDED, gate, record


@pytest.mark.parametrize(
    ("name", "title"),
    [("test_confidence_can_be_trusted", "confidence can be trusted"), ("test_", "test_"), ("check", "check")],
)
def test_a_test_name_becomes_a_sentence(name: str, title: str) -> None:
    assert wording.title(name) == title


@pytest.mark.parametrize(
    ("outcome", "records", "label"),
    [
        ("passed", [record()], Label("holds", "holds")),
        ("passed", [UNDECIDED], Label("undecided, let pass", "undecided")),
        ("failed", [REFUTED], Label("refuted", "refuted")),
        ("failed", [UNDECIDED], Label("undecided", "undecided")),
        ("error", [], Label("error", "error")),
        ("skipped", [], Label("skipped", "skipped")),
        ("xfailed", [REFUTED], Label("fails as expected", "skipped")),
        ("passed", [], Label("measured nothing", "skipped")),
        ("xpassed", [], Label("measured nothing", "skipped")),
        ("xpassed", [record()], Label("passes unexpectedly", "holds")),
    ],
)
def test_every_outcome_has_a_word_and_a_tone(outcome: str, records: list[Record], label: Label) -> None:
    assert wording.verdict(gate("test_it", *records, outcome=outcome)) == label
    assert label.tone in wording.TONES


@pytest.mark.parametrize(
    ("outcome", "tone"), [("true", "holds"), ("false", "refuted"), ("holds", "holds"), ("undecided", "undecided")]
)
def test_every_judgement_has_a_tone(outcome: str, tone: str) -> None:
    assert wording.outcome(record(outcome=outcome)).tone == tone


def test_the_subject_names_group_and_calibrator() -> None:
    assert wording.subject(record()) == "ECE"
    repaired = record(metric="largest_drop", group="region=north", calibrator="temperature(T=2)")
    assert wording.subject(repaired) == "largest drop for region=north after temperature(T=2)"


@pytest.mark.parametrize(
    ("relation", "limit", "claim"),
    [
        ("below", 0.05, "at most 0.05"),
        ("above", 0.6, "at least 0.6"),
        ("<", 0.05, "below 0.05"),
        (">", 0.05, "above 0.05"),
        ("is_calibrated", None, "is calibrated"),
        ("is_calibrated", 0.05, "calibrated, at most 0.05"),
        ("not_worse_than", 0.03, "at most 0.03 worse"),
        ("not_worse_than", -0.03, "at most 0.03 worse"),
        ("not_worse_than", 0.0, "not worse"),
    ],
)
def test_the_claim_reads_as_words(relation: str, limit: float | None, claim: str) -> None:
    assert wording.claim(record(relation=relation, limit=limit)) == claim


@pytest.mark.parametrize(
    ("metric", "limit", "claim", "wanted"),
    [
        ("ece_difference", 0.02, "moved by at most 0.02", "small"),
        ("ece_difference", -0.02, "moved by at most 0.02", "large"),
        ("flips", 0.02, "at most 0.02", "small"),
    ],
)
def test_what_must_not_move_has_a_limit_on_the_side_that_it_went_to(
    metric: str, limit: float, claim: str, wanted: str
) -> None:
    moved = record(metric=metric, relation="unmoved", limit=limit)
    assert (wording.claim(moved), wording.wanted(moved)) == (claim, wanted)


@pytest.mark.parametrize(("outcome", "said"), [("holds", "holds"), ("refuted", "is refuted")])
def test_what_moved_is_named_with_the_change_that_moved_it_and_is_no_baseline(outcome: str, said: str) -> None:
    explanation = f"The claim that ECE moves by at most 0.02 when spaces are doubled {said}: it goes from 0 to 0.1."
    moved = record(metric="ece_difference", relation="unmoved", outcome=outcome, explanation=explanation)
    assert wording.subject(moved).startswith("ECE when spaces are doubled, less before")
    flips = record(metric="flips", relation="unmoved", outcome=outcome, explanation=explanation)
    assert wording.subject(flips).startswith("share of answers that change when spaces are doubled")


@pytest.mark.parametrize(
    ("suites", "short"),
    [
        (["suites/qa", "suites/dialogue"], ["qa", "dialogue"]),
        (["suites/qa"], ["qa"]),
        (["a/b/qa", "a/c/qa"], ["b/qa", "c/qa"]),
        (["suites", "suites/qa"], ["suites", "suites/qa"]),
        (["tests/qa", "other/qa"], ["tests/qa", "other/qa"]),
        ([""], [""]),
        ([], []),
    ],
)
def test_suites_lose_only_the_folders_that_all_share(suites: list[str], short: list[str]) -> None:
    assert wording.short_suites(suites) == dict(zip(suites, short, strict=True))


def test_counts_agree_with_their_verb() -> None:
    labels = [Label("holds", "holds"), Label("refuted", "refuted"), Label("fails as expected", "skipped")]
    assert [label.counted(1) for label in labels] == ["1 holds", "1 refuted", "1 fails as expected"]
    assert [label.counted(2) for label in labels] == ["2 hold", "2 refuted", "2 fail as expected"]


def test_a_claim_of_two_limits_tells_both() -> None:
    verdict = Scores([0.9, 0.6], [1, 0]).accuracy().between(0.25, 1)
    told = record(relation="between", limit=verdict.limit, explanation=verdict.explain())
    assert wording.claim(told) == "between 0.25 and 1"
