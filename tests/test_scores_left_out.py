"""Items without a confidence are left out, counted, and let no claim hold where they are many; outcomes have rules."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import LEFT_OUT_RULE, OUTCOME_RULES, LeftOut, OutcomeResult
from pytest_llmcal.records import Record
from pytest_llmcal.scores import ScoresError
from pytest_llmcal.scores.joined import joined
from pytest_llmcal.scores.outcomes import OUTCOMES
from pytest_llmcal.scores.portrait import portrait_of
from pytest_llmcal.statistics.proportion import clopper_pearson

SAID = "12 of 500 items are left out: no answer 2, unparseable 10"


def scores(n: int = 488, *, missing: int = 12, **more: Any) -> Scores:
    names = [f"lost-{item}" for item in range(missing)]
    why = dict.fromkeys(names, "unparseable") | dict.fromkeys(names[:2], "no answer")
    correct = np.arange(n) % 10 < 9
    return Scores(np.full(n, 0.9), correct, ids=[f"i{item}" for item in range(n)], left_out=why, **more)


def test_every_measurement_and_verdict_says_how_many_are_left_out() -> None:
    one = scores()
    for measured in (
        one.ece(),
        one.accuracy(),
        one.brier(),
        one.aurc(),
        one.unanswered().change_from(one.unanswered()),
    ):
        assert measured.left_out in {(LeftOut("no answer", 2), LeftOut("unparseable", 10)), ()}
    verdicts = one.ece().below(0.1), one.ece().above(0.5), one.ece().below(0.01), one.is_calibrated(tolerance=0.1)
    for verdict in (*verdicts, one.reliability().is_monotone()):
        assert SAID in verdict.explain()
    assert [verdict.status for verdict in verdicts] == ["holds", "refuted", "undecided", "holds"]
    assert verdicts[2].items_needed  # more items would still decide it
    assert SAID in one.ece()._repr_html_()
    assert SAID in one._repr_html_()
    assert "12 more left out" in repr(one)


@pytest.mark.parametrize(("missing", "status"), [(10, "holds"), (11, "undecided")])
def test_no_claim_holds_where_more_than_a_tenth_are_left_out(missing: int, status: str) -> None:
    one = scores(100 - missing, missing=missing)
    verdict = one.accuracy().above(0.1)
    assert verdict.status == status
    assert ("more than 10% are, no claim holds" in verdict.explain()) is (status == "undecided")
    assert verdict.items_needed is None
    assert one.accuracy().above(0.99).status == "refuted"  # hiding does not help
    assert one.ece().between(0.0, 1.0).status == status
    assert one.is_calibrated(tolerance=0.9).status == status
    assert one.not_worse_than(one, 0.5).status == status


def test_the_share_left_out_is_a_measurement_with_the_exact_interval() -> None:
    share = scores().unanswered()
    assert (float(share), share.n) == (12 / 500, 500)
    assert (share.low, share.high) == clopper_pearson(12, 500, 0.95)
    assert share.below(0.1).status == "holds"
    assert scores(50, missing=50).unanswered().below(0.7).status == "holds"
    assert float(scores(missing=0).unanswered()) == 0.0
    assert share.at(0.5).high < share.high


def test_what_is_left_out_survives_every_way_round() -> None:
    one = scores(groups={"g": ["x", "y"] * 244}, outcomes=["answered", "refused"] * 244)
    back = pickle.loads(pickle.dumps(one))
    assert (dict(back.left_out), back.outcomes) == (dict(one.left_out), one.outcomes)
    with pytest.raises(TypeError):
        back.left_out["i0"] = "no"
    parts = one.split(0.5, seed=3)
    assert [len(part.left_out) for part in parts] == [6, 6]
    assert dict(parts[0].left_out) | dict(parts[1].left_out) == dict(one.left_out)
    assert dict(joined(parts).left_out) == dict(one.left_out)
    assert joined(parts).outcomes.count("refused") == 244
    group = one.by_group("g")["y"]
    assert set(group.outcomes) == {"refused"}
    assert len(group.left_out) == 12
    moved = one.recalibrated_confidence(np.full(488, 0.8), "by hand")
    assert (moved.left_out, moved.outcomes) == (one.left_out, one.outcomes)


def test_an_item_without_a_confidence_is_never_among_the_answered() -> None:
    some = scores().abstain(0.5)
    assert some.answered.accuracy().left_out == ()
    assert float(some.coverage) == 488 / 500
    assert SAID in scores().aurc().below(0.5).explain()


def test_a_split_draws_the_same_items_as_without_any_left_out() -> None:
    with_some, without = (scores(missing=missing).split(0.5, seed=1) for missing in (12, 0))
    assert [part.ids for part in with_some] == [part.ids for part in without]


def test_an_item_that_one_of_two_models_leaves_out_is_left_out_of_both() -> None:
    new = Scores([0.9, 0.8], [1, 1], ids=["a", "b"], left_out={"c": "unparseable"})
    old = Scores([0.9, 0.7], [1, 0], ids=["a", "c"], left_out={"b": "no answer"})
    pair = new.compare(old)
    assert (pair.scores.ids, pair.baseline.ids) == (("a",), ("a",))
    assert dict(pair.scores.left_out) == {"c": "unparseable", "b": "no answer by the baseline"}
    assert "2 of 3 items are left out" in pair.not_worse_than(1.0, metric="accuracy").explain()
    with pytest.raises(ScoresError, match="no item in common"):
        Scores([0.9], [1], ids=["b"], left_out={"a": "x", "c": "x"}).compare(old)
    with pytest.raises(ScoresError, match="no score on the item 'd'"):
        new.compare(Scores([0.9, 0.8, 0.7], [1, 0, 1], ids=["a", "b", "d"]))


def test_a_record_keeps_what_is_left_out() -> None:
    from pytest_llmcal.measurement import Observation

    measured = scores().ece()
    record = Record.of(Observation(measured, "below", 0.1, "holds", "It holds."), 1)
    assert record.left_out == measured.left_out == record.measurement().left_out


def test_a_portrait_counts_each_kind_of_answer() -> None:
    correct, kinds = [1, 0.5, 0, 0], ["answered", "truncated", "refused", "empty"]
    portrait = portrait_of(Scores([0.9] * 4, correct, outcomes=kinds, left_out={"x": "unparseable"}))
    assert portrait.outcomes == (
        OutcomeResult("answered", 1, 1.0),
        OutcomeResult("empty", 1, 0.0),
        OutcomeResult("refused", 1, 0.0),
        OutcomeResult("truncated", 1, 0.5),
    )
    assert portrait.left_out == (LeftOut("unparseable", 1),)
    assert portrait.is_graded
    assert set(OUTCOMES) == set(OUTCOME_RULES) == {"answered", "empty", "refused", "truncated"}
    assert "10%" in LEFT_OUT_RULE


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"outcomes": ["answered"]}, "outcomes has 1 entries for 2 items"),
        ({"outcomes": ["answered", "lost"]}, r"outcomes\[1\] is 'lost'; allowed are 'answered', 'empty'"),
        ({"outcomes": "answered"}, "outcomes is the string 'answered'"),
        ({"left_out": ["c"]}, r"left_out is \['c'\]; it must map"),
        ({"left_out": {"c": ""}}, r"left_out\['c'\] is ''"),
        ({"left_out": {"c": 3}}, r"left_out\['c'\] is 3"),
        ({"left_out": {"a": "unparseable"}}, "the item 'a' is left out, and is among the ids too"),
    ],
)
def test_what_is_none_is_refused_by_its_place(more: dict[str, Any], match: str) -> None:
    with pytest.raises(ScoresError, match=match):
        Scores([0.9, 0.8], [1, 0], ids=["a", "b"], **more)


def test_parts_that_contradict_each_other_are_not_joined() -> None:
    whole = Scores([0.9], [1], ids=["a"], left_out={"b": "unparseable"})
    with pytest.raises(ScoresError, match="the item 'b' is in part 1, and another part leaves it out"):
        joined([whole, Scores([0.9], [1], ids=["b"])])
    with pytest.raises(ScoresError, match="part 1 has no outcomes, part 0 has"):
        joined([Scores([0.9], [1], outcomes=["empty"]), Scores([0.9], [1])])
