"""A number of calibrated scores is shown beside what it was, and the page says whether the change is real."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from pytest_llmcal.records import Record, Run
from pytest_llmcal.report import axis, render, wording
from tests.sample_runs import gate, record, run

BEFORE = {"before_estimate": 0.161, "before_low": 0.14, "before_high": 0.189}


def repaired(**changes: Any) -> Record:
    usual = {"calibrator": "temperature(T=2.49)", "estimate": 0.021, "low": 0.0, "high": 0.041} | BEFORE
    return record(**usual | changes)


def test_the_row_gives_both_numbers_with_their_intervals() -> None:
    page = render(run(gate("test_it", repaired())))
    assert "<b>0.0210</b> <bdi>at most 0.05 <i>ECE after temperature(T=2.49), 0 to 0.0410" in page
    assert "before 0.1610 [0.1400, 0.1890]: the change is real: the intervals lie apart" in page


def test_several_records_of_a_gate_each_say_it() -> None:
    page = render(run(gate("test_it", repaired(), repaired(sequence=2, group="region=north", before_low=0.03))))
    assert page.count("before 0.1610 [0.1400, 0.1890]") >= 2
    assert "before 0.1610 [0.0300, 0.1890]" in page


def test_both_are_drawn_on_one_axis() -> None:
    measured = repaired()
    scale = axis.common_scale([measured])
    assert scale.high >= 0.189
    drawn = axis.axis_of(measured, scale)
    assert drawn.before == (scale.at(0.14), scale.at(0.189), scale.at(0.161))
    assert "class=b d=" in render(run(gate("test_it", measured)))


def test_what_was_not_calibrated_shows_nothing_of_it() -> None:
    plain = record()
    assert wording.change(plain) is None
    assert wording.before_and_after(plain) is None
    assert axis.axis_of(plain, axis.common_scale([plain])).before is None
    page = render(run(gate("test_it", plain)))
    assert "<p>before" not in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "the change is real: the intervals lie apart"),
        ({"before_low": 0.03}, "the intervals overlap, so they do not tell whether the change is real"),
        ({"before_low": 0.041}, "the intervals overlap, so they do not tell whether the change is real"),
        ({"before_estimate": 0.021, "before_low": 0.0, "before_high": 0.041}, "unchanged"),
        (
            {"change": -0.14, "change_low": -0.15, "change_high": -0.13},
            "the change, \N{MINUS SIGN}0.1400 [\N{MINUS SIGN}0.1500, \N{MINUS SIGN}0.1300], is real",
        ),
        (
            {"change": 0.01, "change_low": -0.01, "change_high": 0.03},
            "the change, 0.0100 [\N{MINUS SIGN}0.0100, 0.0300], may be chance",
        ),
        ({"change": 0.0, "change_low": 0.0, "change_high": 0.0}, "the change, 0 [0, 0], is none"),
    ],
)
def test_a_change_is_real_by_its_own_interval_or_by_two_that_lie_apart(changes: dict[str, float], said: str) -> None:
    assert wording.change(repaired(**changes)) == said


def test_an_accuracy_that_no_answer_changed_is_unchanged_whatever_its_interval() -> None:
    same = {"before_estimate": 0.021, "before_low": 0.0, "before_high": 0.041}
    assert wording.change(repaired(**same, change=0.0, change_low=-0.002, change_high=0.002)) == "unchanged"


def test_a_paired_change_counts_even_where_the_intervals_overlap() -> None:
    paired = repaired(before_low=0.0, change=-0.01, change_low=-0.02, change_high=-0.005)
    assert str(wording.change(paired)).endswith("is real")


def test_an_infinite_number_before_is_drawn_at_the_end() -> None:
    infinite = repaired(metric="nll", before_estimate=math.inf, before_low=math.inf, before_high=math.inf)
    drawn = axis.axis_of(infinite, axis.common_scale([infinite]))
    assert drawn.before == (axis.RIGHT,) * 3
    assert "\N{INFINITY}" in render(run(gate("test_it", infinite)))


def test_a_run_written_before_these_fields_is_read_and_drawn() -> None:
    data = json.loads(run(gate("test_it", record())).to_json())
    old = data["gates"][0]["attempts"][0]["records"][0]
    for name in ("before_estimate", "before_low", "before_high", "change", "change_low", "change_high"):
        del old[name]
    assert render(Run.from_json(json.dumps(data)))
