"""An audit searches one half of the items and tests what it found on the other."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.scores import ScoresError


def answers(n: int = 1200, seed: int = 0, lie: float = 0.0, **more) -> Scores:
    """Calibrated answers but for old people in the north, who are right less often by ``lie``."""
    generator = np.random.default_rng(seed)
    confidence = generator.choice([0.6, 0.7, 0.8, 0.9], n)
    region, age = generator.choice(["north", "south", "west"], n), generator.choice(["old", "young"], n)
    off = lie * ((region == "north") & (age == "old"))
    return Scores(
        confidence,
        generator.random(n) < confidence - off,
        groups={"region": region.tolist(), "age": age.tolist()},
        **more,
    )


def test_the_intersection_that_is_off_is_found_and_refuted() -> None:
    audit = answers(lie=0.4).audit()
    assert {part.split("=")[0]: part.split("=")[1] for part in audit.subgroup.split(", ")[:2]} == {
        "region": "north",
        "age": "old",
    }
    assert audit.direction == "overconfident"
    assert audit.p_value <= 0.001
    verdict = audit.below(0.1)
    assert verdict.status == "refuted"
    assert "region=north, age=old" in verdict.explain()
    assert f"p = {audit.p_value:.2g}" in verdict.explain()
    assert audit.is_calibrated().status == "refuted"


def test_underconfidence_is_found_too_and_its_gap_is_positive() -> None:
    audit = answers(lie=-0.25).audit("region", "age")
    assert audit.direction == "underconfident"
    assert audit.gap > 0.0
    assert audit.below(0.02).status == "refuted"


def test_a_range_of_confidence_is_found_where_the_whole_balances() -> None:
    n = 2000
    scores = Scores(np.tile([0.6, 0.9], n // 2), np.random.default_rng(1).random(n) < 0.75)
    assert scores.audit(ranges=2).subgroup in {"confidence at most 0.6", "confidence above 0.6"}
    assert scores.audit(ranges=2).is_calibrated().status == "refuted"
    assert scores.audit(ranges=1).subgroup == "all items"


def test_a_calibrated_model_is_refuted_at_the_stated_rate_whatever_the_search_did() -> None:
    draws = 300
    red = sum(answers(300, seed, ids=None).audit(depth=2, min_items=10).p_value <= 0.1 for seed in range(draws))
    assert red <= 0.1 * draws + 3.0 * np.sqrt(0.09 * draws)
    assert red >= 0.02 * draws  # and it is no test that never says anything


def test_the_half_that_is_tested_plays_no_part_in_the_search() -> None:
    scores = answers(lie=0.4)
    _, held_out = scores._halves(0.5, 0)
    turned = Scores(scores.confidence, np.where(held_out, ~scores.correct, scores.correct), groups=scores.groups)
    one, other = scores.audit(), turned.audit()
    assert (one.subgroup, one.direction, one.looked_at) == (other.subgroup, other.direction, other.looked_at)
    assert float(one.gap) != float(other.gap)


def test_clusters_stay_on_one_side_and_weaken_the_evidence() -> None:
    scores = answers(lie=0.4)
    whole = answers(lie=0.4, clusters=[f"c{row // 4}" for row in range(1200)])
    first, other = whole._halves(0.5, 3)
    assert not {row // 4 for row in np.flatnonzero(first)} & {row // 4 for row in np.flatnonzero(other)}
    assert "clusters" in whole.audit(seed=3).gap.method
    assert "clusters" in whole.audit(seed=3).method
    assert "clusters" not in scores.audit().method


def test_a_gap_that_is_excluded_holds_and_few_items_leave_it_undecided() -> None:
    assert answers(8000).audit(min_items=1000).is_calibrated(tolerance=0.1).status == "holds"
    few = answers(60).audit(min_items=5)
    assert few.is_calibrated(tolerance=0.01).status == "undecided"
    assert few.below(0.01).status == "undecided"


def test_items_that_would_decide_it_are_counted_in_all() -> None:
    audit = answers(400).audit(min_items=20)
    limit = float(audit.gap) + 0.05
    needed = audit.gap.items_needed(limit)
    assert needed is not None
    assert needed > 400 * (audit.gap.high - float(audit.gap)) ** 2 / 0.05**2 * 0.99


def test_a_seed_fixes_the_halves() -> None:
    scores = answers()
    assert scores.audit(seed=1) == scores.audit(seed=1)
    assert scores.audit(seed=1).gap.scores.confidence.tolist() != scores.audit(seed=2).gap.scores.confidence.tolist()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"depth": 0}, "depth must be a whole number of at least one, got 0"),
        ({"ranges": 1.5}, r"ranges must be a whole number of at least one, got 1\.5"),
        ({"min_items": 0}, "min_items must be a whole number of at least one, got 0"),
    ],
)
def test_a_search_that_cannot_be_is_refused(asked, said) -> None:
    with pytest.raises(ScoresError, match=said):
        answers(50).audit(**asked)


def test_an_unknown_attribute_and_a_level_that_is_none_are_refused() -> None:
    with pytest.raises(ScoresError, match="no attribute 'gender'; those they carry: age, region"):
        answers(50).audit("gender")
    with pytest.raises(ScoresError, match=r"tolerance must lie between 0 and 1, got 2\.0"):
        answers(50).audit().is_calibrated(tolerance=2.0)
    with pytest.raises(ScoresError, match="1 items cannot be split"):
        Scores([0.5], [1]).audit()


def test_a_wrong_answer_of_full_confidence_refutes() -> None:
    audit = Scores([1.0] * 99, [0, 1, 1] * 33).audit()
    assert (audit.p_value, audit.method) == (0.0, "an impossible outcome")
    assert audit.is_calibrated().status == "refuted"


def test_a_gap_in_the_other_direction_does_not_hold() -> None:
    one_sided = next(
        audit
        for audit in (answers(200, seed).audit(min_items=5) for seed in range(50))
        if audit.gap.low < -0.2 < audit.gap.high <= 0.2
    )
    assert one_sided.below(0.2).status == "undecided"
    assert "at most 0.2 in either direction" in one_sided.below(0.2).explain()


@pytest.mark.parametrize("scores", [Scores([1e-6] * 4, [0] * 4), Scores([0.9] * 30, ([1] * 9 + [0]) * 3)])
def test_where_no_subgroup_is_large_enough_nothing_holds_and_the_sentence_says_so(scores: Scores) -> None:
    audit = scores.audit()
    for verdict in (audit.below(1.0), audit.is_calibrated(tolerance=1.0)):
        assert verdict.status == "undecided"
        assert "no subgroup has 20 items in each half" in verdict.explain()
    assert "of 1 subgroup on" in audit.below(1.0).explain()
    assert scores.audit(min_items=2).below(1.0).status == "holds"


def test_small_halves_do_not_hide_what_refutes() -> None:
    assert Scores([1.0] * 30, [0] * 30).audit().below(0.2).status == "refuted"


def test_a_limit_below_zero_is_refused() -> None:
    with pytest.raises(ScoresError, match="limit must be a number from 0 to 1"):
        answers(50).audit().below(-0.1)


def test_a_refutation_beside_an_interval_that_contains_zero_says_why() -> None:
    found = [answers(300, seed, lie=0.1).audit(min_items=10) for seed in range(60)]
    beside = [audit for audit in found if audit.p_value <= 0.05 and audit.gap.low <= 0.0]
    assert beside
    assert "which contains 0: its 5% of errors are shared by both sides" in beside[0].is_calibrated().explain()
    clear = next(audit for audit in found if audit.p_value <= 0.05 and audit.gap.low > 0.0)
    assert "contains 0" not in clear.is_calibrated().explain()
