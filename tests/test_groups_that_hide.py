"""A gate over groups or subgroups does not hold where most of the items have no confidence."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.history.item_file import read_scores, write_scores
from pytest_llmcal.measurement import Verdict
from pytest_llmcal.scores.joined import joined


def hiding(missing: int, n: int = 1600) -> Scores:
    """A model that is calibrated in both of its groups, as far as it says how sure it is."""
    return Scores(
        np.full(n, 0.9),
        np.arange(n) % 10 < 9,
        ids=[str(item) for item in range(n)],
        groups={"side": ["a" if item % 20 < 10 else "b" for item in range(n)]},
        left_out={f"lost-{item}": "unparseable" for item in range(missing)},
    )


def verdicts(scores: Scores) -> list[Verdict]:
    groups, audit = scores.by_group("side"), scores.audit("side")
    return [
        groups.worst("ece").below(0.2),
        groups.largest_gap("ece").below(0.3),
        audit.below(0.3),
        audit.is_calibrated(tolerance=0.3),
    ]


@pytest.mark.parametrize(("missing", "status"), [(0, "holds"), (160, "holds"), (179, "undecided"), (9000, "undecided")])
def test_no_claim_about_groups_holds_where_more_than_a_tenth_of_all_items_are_left_out(
    missing: int, status: str
) -> None:
    found = verdicts(hiding(missing))
    assert [verdict.status for verdict in found] == [status] * 4
    if status == "undecided":
        assert all("more than 10% are, no claim holds" in verdict.explain() for verdict in found)


def test_an_audit_says_how_many_of_all_items_are_left_out() -> None:
    assert "100 of 1700 items are left out: unparseable 100" in hiding(100).audit("side").gap.method


def knowing(lost: dict[str, str]) -> Scores:
    """The same model; of each item left out it is known on which side it is."""
    scores = hiding(0)
    return scores._with(
        left_out=dict.fromkeys(lost, "unparseable"),
        left_out_groups={identity: {"side": side} for identity, side in lost.items()},
    )


def test_a_group_carries_its_own_items_left_out_and_those_of_which_nobody_knows() -> None:
    some = knowing({"x": "a", "y": "b", "z": "b"})
    groups = some._with(left_out=dict(some.left_out) | {"unknown": "no answer"}).by_group("side")
    assert set(groups["a"].left_out) == {"x", "unknown"}
    assert set(groups["b"].left_out) == {"y", "z", "unknown"}
    assert groups["b"].left_out["unknown"] == "no answer"


@pytest.mark.parametrize(("side", "status"), [("a", "undecided"), ("c", "undecided"), ("d", "holds")])
def test_a_group_that_hides_too_much_lets_no_claim_about_all_groups_hold(side: str, status: str) -> None:
    lost = {f"lost-{item}": side for item in range(100)} if side != "d" else {"lost": "d"}
    groups = knowing(lost).by_group("side")  # less than a tenth of all items
    for verdict in (groups.worst("ece", min_items=20).below(0.2), groups.largest_gap("ece", min_items=20).below(0.3)):
        assert verdict.status == status
        assert (f"where more than 10% of {side} are, no claim holds" in verdict.explain()) is (status == "undecided")
    assert groups["b"].ece().below(0.2).status == "holds"


def test_where_they_belong_survives_every_way_round(tmp_path: Path) -> None:
    some = knowing({"x": "a", "y": "b"})
    back = pickle.loads(pickle.dumps(some))
    assert {name: dict(its) for name, its in back.left_out_groups.items()} == {"x": {"side": "a"}, "y": {"side": "b"}}
    whole = joined(some.split(0.5, seed=1))
    assert whole.left_out_groups == some.left_out_groups
    assert set(whole.by_group("side")["a"].left_out) == {"x"}
    assert set(some.compare(hiding(0)).scores.by_group("side")["b"].left_out) == {"y"}
    [read] = read_scores(write_scores([some], tmp_path / "items.parquet"))
    assert read.left_out_groups == some.left_out_groups
    assert set(read.by_group("side")["b"].left_out) == {"y"}
