"""The small axis puts every number of a record where it belongs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.report import axis
from pytest_llmcal.report.axis import LEFT, RIGHT, Scale, axis_of, common_scale, scales
from tests.sample_runs import record

MIDDLE = (LEFT + RIGHT) / 2
UNIT = Scale(0.0, 0.1)


def test_values_lie_in_proportion_on_the_axis() -> None:
    assert [UNIT.at(value) for value in (0.0, 0.05, 0.1)] == [LEFT, MIDDLE, RIGHT]


def test_everything_of_a_record_is_placed() -> None:
    drawn = axis_of(record(estimate=0.03, low=0.02, high=0.06, limit=0.05, exact=0.025, noise_floor_p95=0.01), UNIT)
    width = RIGHT - LEFT
    assert drawn.estimate == pytest.approx(LEFT + 0.3 * width, abs=0.05)
    assert drawn.interval == pytest.approx((LEFT + 0.2 * width, LEFT + 0.6 * width), abs=0.05)
    assert drawn.exact == pytest.approx(LEFT + 0.25 * width, abs=0.05)
    assert drawn.floor == pytest.approx(LEFT + 0.1 * width, abs=0.05)
    assert drawn.limit == MIDDLE
    assert (drawn.low_text, drawn.high_text) == ("0", "0.1")


@pytest.mark.parametrize("relation", ["below", "<", "<=", "is_monotone"])
def test_the_side_above_an_upper_limit_is_wrong(relation: str) -> None:
    assert axis_of(record(relation=relation, limit=0.05), UNIT).wrong == (MIDDLE, RIGHT - MIDDLE)


@pytest.mark.parametrize("relation", ["above", ">", ">="])
def test_the_side_under_a_lower_limit_is_wrong(relation: str) -> None:
    assert axis_of(record(relation=relation, limit=0.05), UNIT).wrong == (LEFT, MIDDLE - LEFT)


def test_no_limit_and_no_floor_draw_nothing() -> None:
    bare = record(relation="described", limit=None, exact=None, noise_floor_p95=None, noise_floor_mean=None)
    drawn = axis_of(bare, UNIT)
    assert (drawn.limit, drawn.wrong, drawn.exact, drawn.floor) == (None, None, None, None)


def test_an_unknown_relation_tints_neither_side() -> None:
    assert axis_of(record(relation="differs"), UNIT).wrong is None


@pytest.mark.parametrize(("estimate", "off"), [(math.inf, "high"), (-math.inf, "low"), (0.05, "")])
def test_an_infinite_estimate_points_off_the_axis(estimate: float, off: str) -> None:
    drawn = axis_of(record(estimate=estimate), UNIT)
    assert drawn.off == off
    assert LEFT <= drawn.estimate <= RIGHT


def test_an_infinite_interval_reaches_the_ends() -> None:
    assert axis_of(record(low=-math.inf, high=math.inf), UNIT).interval == (LEFT, RIGHT)


def test_a_scale_has_round_ends_and_begins_at_zero_where_that_is_cheap() -> None:
    assert common_scale([record()]) == Scale(0.0, pytest.approx(0.06))
    accuracy = record(
        estimate=0.71, low=0.69, high=0.73, limit=0.65, relation="above", exact=None, noise_floor_p95=None
    )
    scale = common_scale([accuracy])
    assert (scale.low, scale.high) == pytest.approx((0.6, 0.75))


def test_a_limit_keeps_room_on_its_wrong_side() -> None:
    scale = common_scale([record(estimate=0.03, low=0.01, high=0.04, limit=0.1, noise_floor_p95=None)])
    assert scale.high > 0.1


def test_records_of_one_metric_share_a_scale() -> None:
    north, south, other = record(high=0.3), record(), record(metric="nll", estimate=2.0, low=1.9, high=2.2, limit=3.0)
    shared = scales([north, south, other])
    assert set(shared) == {"ece", "nll"}
    assert shared["ece"] == common_scale([north, south])


def test_nothing_finite_still_gives_an_axis() -> None:
    empty = record(estimate=math.inf, low=-math.inf, high=math.inf, limit=None, exact=None, noise_floor_p95=None)
    scale = common_scale([empty])
    assert scale.low < scale.high
    assert common_scale([]).low < common_scale([]).high


@given(
    estimate=st.floats(-1e12, 1e12),
    arm=st.floats(0, 1e12),
    limit=st.none() | st.floats(allow_nan=False),
    relation=st.sampled_from(["below", "above", "=="]),
)
def test_no_number_leaves_the_drawing(estimate: float, arm: float, limit: float | None, relation: str) -> None:
    extreme = replace(
        record(), estimate=estimate, low=estimate - arm, high=estimate + arm, limit=limit, relation=relation
    )
    scale = common_scale([extreme])
    assert math.isfinite(scale.low)
    assert scale.low < scale.high < math.inf
    drawn = axis_of(extreme, scale)
    places = [drawn.estimate, *drawn.interval, *(place for place in (drawn.limit, drawn.exact) if place is not None)]
    assert all(LEFT <= place <= RIGHT for place in places)
    assert drawn.wrong is None or drawn.wrong[1] >= 0
    assert drawn.interval[0] <= drawn.interval[1]


def test_the_drawing_has_a_margin_for_its_marks() -> None:
    assert 0 < LEFT < RIGHT < axis.WIDTH


@pytest.mark.parametrize(
    ("metric", "limit", "side"), [("nll_difference", 0.01, "high"), ("accuracy_difference", -0.01, "low")]
)
def test_a_difference_is_drawn_with_where_both_models_are_equal_and_with_the_worse_side(metric, limit, side) -> None:
    one = record(metric=metric, relation="not_worse_than", limit=limit, estimate=0.02, low=0.015, high=0.025)
    scale = axis.common_scale([one])
    assert scale.low <= 0.0 <= scale.high
    drawn = axis.axis_of(one, scale)
    assert drawn.equal == scale.at(0.0)
    begin, width = drawn.wrong
    assert (begin, width) == (
        (drawn.limit, axis.RIGHT - drawn.limit) if side == "high" else (axis.LEFT, drawn.limit - axis.LEFT)
    )
    assert axis.axis_of(record(metric="nll"), scale).equal is None
