"""The smaller charts put every number where it belongs, and stay inside their drawing whatever they are given."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcal.charts.coordinates import polyline, rectangles
from pytest_llmcal.measurement import Risk, Step
from pytest_llmcal.report import coverage, search, strip

shares = st.floats(0, 1)


def places(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]


def test_an_empty_line_is_empty() -> None:
    assert polyline([]) == rectangles([]) == ""


def test_the_risk_of_each_share_lies_in_proportion() -> None:
    drawn = coverage.coverage_of([Risk(0.5, 0.1), Risk(1.0, 0.2)])
    assert drawn is not None
    assert drawn.highest == 0.2
    middle, top = coverage.TOP + coverage.HEIGHT / 2, coverage.TOP
    assert places(drawn.line) == [coverage.LEFT + 128, middle, coverage.LEFT + 256, top]
    assert drawn.whole == "M36 8H292"
    assert drawn.words == "10% at 50%, 10% at 50%, 10% at 50%, 20% at 100%"


@pytest.mark.parametrize(("risk", "highest"), [(0.0, 0.05), (0.05, 0.05), (0.051, 0.1), (0.3, 0.3), (1.0, 1.0)])
def test_the_risk_axis_ends_at_a_round_number(risk: float, highest: float) -> None:
    drawn = coverage.coverage_of([Risk(1.0, risk)])
    assert drawn is not None
    assert drawn.highest == highest


def test_no_risks_no_search_and_no_gates_draw_nothing() -> None:
    assert coverage.coverage_of([]) is None
    assert search.search_of([]) is search.search_of([Step(1, 0.5)]) is None
    assert strip.strip_of([]) == strip.Strip((), 0)


@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=30))
def test_every_risk_lies_inside_the_drawing(risks: list[tuple[float, float]]) -> None:
    drawn = coverage.coverage_of([Risk(*entry) for entry in sorted(risks)])
    assert drawn is not None
    assert all(8 <= y <= coverage.TOP + coverage.HEIGHT for y in places(drawn.line)[1::2])
    assert all(36 <= x <= coverage.LEFT + coverage.WIDTH for x in places(drawn.line)[::2])


def test_a_gate_at_its_limit_stands_in_the_middle_and_the_wrong_side_is_left() -> None:
    assert strip.x(0.0) == strip.MIDDLE
    assert strip.x(-1.0) < strip.MIDDLE < strip.x(1.0)
    assert strip.x(-math.inf) == strip.x(-3.0) > 0
    assert strip.x(math.inf) == strip.x(3.0) < strip.WIDTH


def test_ticks_are_drawn_by_tone_and_those_in_one_place_once() -> None:
    drawn = strip.strip_of([("holds", 1.0), ("refuted", -1.0), ("holds", 1.0), ("holds", 2.0)])
    assert drawn == strip.Strip((("holds", "M79 2v10M98 2v10"), ("refuted", "M41 2v10")), 1)


def test_a_search_falls_in_steps_from_where_it_began_to_its_best() -> None:
    drawn = search.search_of([Step(1, 0.8), Step(50, 0.5), Step(100, 0.4)])
    assert drawn is not None
    assert drawn.line == "M38.6 8H164V56H292V72"
    assert drawn.words == "from 0.8000 to 0.4000 in 100 evaluations"


def test_a_search_that_found_nothing_better_is_a_level_line() -> None:
    drawn = search.search_of([Step(1, 0.8), Step(100, 0.8)])
    assert drawn is not None
    assert drawn.line == "M38.6 8H292V8"


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(allow_nan=False)), max_size=20))
def test_no_search_writes_what_is_no_number(steps: list[tuple[int, float]]) -> None:
    drawn = search.search_of([Step(*step) for step in steps])
    assert drawn is None or not re.search("nan|inf", drawn.line)
