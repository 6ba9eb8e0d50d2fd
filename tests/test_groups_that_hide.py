"""A gate over groups or subgroups does not hold where most of the items have no confidence."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Verdict


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
