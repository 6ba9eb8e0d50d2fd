"""All groups of items together: the worst of them, the largest gap, intersections, and groups that are too small."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from pytest_llmcal import Scores
from pytest_llmcal.measurement import Correction, Rules, shares, using
from pytest_llmcal.scores import ScoresError


def region(name: str, n: int, accuracy: float, confidence: float = 0.9) -> dict[str, list]:
    right = round(n * accuracy)
    return {"confidence": [confidence] * n, "correct": [1] * right + [0] * (n - right), "region": [name] * n}


def scores_of(*regions: dict[str, list], **more) -> Scores:
    whole = {name: [value for part in regions for value in part[name]] for name in regions[0]}
    return Scores(whole["confidence"], whole["correct"], groups={"region": whole["region"]}, **more)


BIASED = scores_of(region("north", 500, 0.9), region("south", 500, 0.7), region("west", 500, 0.88))


def test_a_group_that_is_badly_calibrated_refutes_and_is_named() -> None:
    worst = BIASED.by_group("region").worst("ece")
    assert float(worst) == pytest.approx(0.2)
    verdict = worst.below(0.1)
    assert verdict.status == "refuted"
    assert "measured as 0.2 for south (500 items), the worst of 3 groups by region" in verdict.explain()
    assert worst.about.group == "region"
    assert worst.n == 1500


def test_what_is_bad_on_average_nowhere_holds_for_all() -> None:
    good = scores_of(region("north", 2000, 0.9), region("south", 2000, 0.9))
    assert good.by_group("region").worst("ece").below(0.05).status == "holds"
    assert good.by_group("region").largest_gap("ece").below(0.05).status == "holds"


def test_of_accuracy_the_worst_group_is_the_lowest() -> None:
    worst = BIASED.by_group("region").worst("accuracy")
    assert float(worst) == pytest.approx(0.7)
    assert worst.above(0.8).status == "refuted"
    assert worst.name == "accuracy_worst_group"


def test_a_group_that_is_too_small_leaves_a_claim_undecided_and_is_named_and_never_refutes() -> None:
    small = scores_of(region("north", 2000, 0.9), region("south", 2, 0.0), region("west", 1, 0.0))
    verdict = small.by_group("region").worst("ece").below(0.05)
    assert verdict.status == "undecided"
    assert "too few items to decide in west (1 item), south (2 items)" in verdict.explain()
    enough = small.by_group("region").worst("ece", min_items=10)
    assert enough.below(0.05).status == "holds"
    assert enough.method.endswith("left out, with fewer than 10 items: south, west")


def test_many_small_groups_refute_a_calibrated_model_no_more_often_than_one() -> None:
    generator, red = np.random.default_rng(3), 0
    for _ in range(100):
        groups = {"region": [f"g{row % 25}" for row in range(500)]}
        calibrated = Scores([0.8] * 500, generator.random(500) < 0.8, groups=groups)
        red += calibrated.by_group("region").worst("confidence_minus_accuracy").below(0.0).status == "refuted"
    assert red <= 7  # 2.5% are promised, and three standard errors


def test_a_group_that_does_not_allow_the_metric_is_one_of_which_nothing_is_known() -> None:
    all_right = {"confidence": [0.9, 0.8], "correct": [1, 1], "region": ["south"] * 2}
    varied = {"confidence": [0.9, 0.6] * 200, "correct": [1, 0] * 200, "region": ["north"] * 400}
    groups = scores_of(varied, all_right).by_group("region")
    worst = groups.worst("auroc")
    assert (float(worst), worst.low) == (1.0, 0.0)
    assert "south (2 items)" in worst.above(0.6).explain()
    with pytest.raises(ScoresError, match="auroc compares right answers"):
        scores_of(all_right).by_group("region").worst("auroc")
    with pytest.raises(ScoresError, match="auroc compares right answers"):
        groups.each("auroc")


def test_the_largest_gap_lies_between_the_two_that_are_named() -> None:
    gap = BIASED.by_group("region").largest_gap("accuracy")
    assert float(gap) == pytest.approx(0.2)
    assert gap.found.startswith("between north (500 items) and south (500 items)")
    assert 0.1 < gap.low < 0.2 < gap.high < 0.3
    assert gap.below(0.1).status == "refuted"
    signed = BIASED.by_group("region").largest_gap("confidence_minus_accuracy")
    assert float(signed) == pytest.approx(0.2)


def test_a_gap_of_groups_that_share_clusters_is_less_certain() -> None:
    own = [f"{name}{row // 5}" for name in "nsw" for row in range(500)]
    shared = [f"{row // 5}" for _ in "nsw" for row in range(500)]
    parts = region("north", 500, 0.9), region("south", 500, 0.7), region("west", 500, 0.88)
    apart, together = (scores_of(*parts, clusters=each).by_group("region").largest_gap("ece") for each in (own, shared))
    assert together.low < apart.low
    assert together.high >= apart.high
    assert " independent " in apart.method
    assert " dependent " in together.method


def test_each_group_is_measured_at_a_level_at_which_all_keep_theirs() -> None:
    each = BIASED.by_group("region").each("ece", confidence=0.94)
    assert list(each) == ["north", "south", "west"]
    assert [one.confidence for one in each.values()] == pytest.approx([0.98] * 3)
    assert each["north"].low == pytest.approx(BIASED.by_group("region")["north"].ece(confidence=0.98).low)


def test_intersections_are_groups_too() -> None:
    scores = Scores(
        [0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], groups={"region": ["n", "n", "s", "s"], "size": ["l", "s", "l", "l"]}
    )
    groups = scores.by_group("region", "size")
    assert list(groups) == ["n, l", "n, s", "s, l"]
    assert groups["s, l"].confidence.tolist() == [0.7, 0.6]
    assert groups["n, s"].about.group == "region=n, size=s"
    assert groups.worst("ece").about.group == "region, size"
    assert repr(groups) == "<3 groups by region, size; items: n, l: 1, n, s: 1, s, l: 2>"


def test_names_that_read_alike_stay_two_groups() -> None:
    scores = Scores([0.9, 0.8], [1, 1], groups={"one": ["a, b", "a"], "two": ["c", "b, c"]})
    assert sorted(map(len, scores.by_group("one", "two").values())) == [1, 1]


def test_what_cannot_be_asked_is_refused_by_name() -> None:
    groups = BIASED.by_group("region")
    with pytest.raises(ScoresError, match="by_group needs an attribute; the items carry region"):
        BIASED.by_group()
    with pytest.raises(ScoresError, match="no measurement of groups is called 'about'"):
        groups.worst("about")
    with pytest.raises(ScoresError, match="no measurement of groups is called '_take'"):
        groups.worst("_take")
    with pytest.raises(ScoresError, match="no group has 501 items, the largest has 500"):
        groups.worst(min_items=501)
    with pytest.raises(ScoresError, match="min_items must be a whole number"):
        groups.worst(min_items=0)
    with pytest.raises(ScoresError, match="a gap lies between two groups, but by region there is one: 'north'"):
        scores_of(region("north", 10, 0.9)).by_group("region").largest_gap()
    certain = scores_of(region("north", 10, 0.9), region("south", 10, 0.5, confidence=1.0))
    with pytest.raises(ScoresError, match="NLL of south is infinite, so no gap is measured"):
        certain.by_group("region").largest_gap("nll")


def test_a_verdict_about_groups_shares_the_error_rate_of_a_run() -> None:
    worst = scores_of(region("north", 500, 0.9), region("south", 500, 0.84)).by_group("region").worst("ece")
    assert worst.below(0.02).status == "refuted"
    with using(Rules(correction=Correction("holm", 100, shares(100)))):
        verdict = worst.below(0.02)
    assert verdict.status == "undecided"
    assert verdict.p_value is not None
    assert 0.001 < verdict.p_value < 0.025


def test_the_items_needed_are_those_of_the_groups_that_leave_it_open() -> None:
    scores = scores_of(region("north", 5000, 0.9), region("south", 100, 0.88))
    worst = scores.by_group("region").worst("ece")
    south = scores.by_group("region")["south"].ece()
    needed = worst.below(0.05).items_needed
    assert needed is not None
    alone = south.items_needed(0.05)
    assert alone is not None
    assert needed / 5100 == pytest.approx(alone / 100, rel=0.02)


def test_a_measurement_over_groups_is_kept_whole_by_a_pickle_and_at_another_level() -> None:
    worst = BIASED.by_group("region").worst("ece")
    again = pickle.loads(pickle.dumps(worst))
    assert (again.found, again.parts, again.low) == (worst.found, worst.parts, worst.low)
    assert worst.at(0.99).low < worst.low
    assert worst.at(0.99).found == worst.found
    assert worst.at(0.95).high == worst.high


def test_a_group_that_would_be_refuted_by_itself_is_not_as_one_of_many() -> None:
    lucky = [region(f"g{place}", 400, 0.9 if place else 0.865) for place in range(30)]
    groups = scores_of(*lucky).by_group("region")
    worst = groups.worst("confidence_minus_accuracy")
    limit = groups["g0"].by_group("region").worst("confidence_minus_accuracy").low - 0.0005
    verdict = worst.below(limit)
    assert worst.found.startswith("for g0 (400 items)")
    assert verdict.status == "undecided"


def test_true_errors_are_told_where_they_are_known() -> None:
    truth = [[0.9, 0.1]] * 4
    scores = Scores.from_probabilities(
        [[0.8, 0.2], [0.9, 0.1]] * 2, [0] * 4, truth=truth, groups={"region": ["n", "s"] * 2}
    )
    groups = scores.by_group("region")
    assert groups.worst("ece").exact == pytest.approx(0.1)
    assert groups.largest_gap("ece").exact == pytest.approx(0.1)
    assert groups.worst("brier").exact is None


def test_items_without_a_value_are_a_group_that_says_so() -> None:
    worst = scores_of(region("north", 500, 0.9), region("", 500, 0.6)).by_group("region").worst("ece")
    assert worst.found == "for no value (500 items), the worst of 2 groups by region"


def test_items_without_a_value_are_named_in_intersections_too() -> None:
    scores = Scores([0.9] * 3, [1, 0, 1], groups={"one": ["", "a", ""], "two": ["", "", "b"]})
    assert sorted(scores.by_group("one", "two")) == ["a, no value", "no value, b", "no value, no value"]
    worst = scores.by_group("one", "two").worst("ece").below(0.05)
    assert "no value, b (1 item)" in worst.explain()
    audited = Scores([0.9] * 90, [0, 1, 1] * 30, groups={"one": ["", "a", "a"] * 30}).audit(min_items=5, ranges=1)
    assert audited.subgroup == "one=no value"


def test_the_one_group_that_is_large_enough_for_a_gap_is_named_beside_the_small_ones() -> None:
    scores = scores_of(region("north", 30, 0.9), region("south", 10, 0.9))
    with pytest.raises(ScoresError, match="one: 'north'; left out, with fewer than 20 items: south"):
        scores.by_group("region").largest_gap(min_items=20)


def test_arguments_that_a_measurement_does_not_take_or_lacks_are_refused() -> None:
    groups = BIASED.by_group("region")
    with pytest.raises(
        ScoresError, match=r"accuracy_at_coverage cannot be .*: missing a required argument: 'coverage'"
    ):
        groups.worst("accuracy_at_coverage")
    with pytest.raises(ScoresError, match=r"ece cannot be measured of groups as asked: .*'coverage'"):
        groups.each("ece", coverage=0.5)
    assert groups.worst("accuracy_at_coverage", coverage=0.5).found.startswith("for south")
